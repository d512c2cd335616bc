//! The requests, made from the server's table of endpoints.

use bytes::Bytes;
use grantor_server::EndpointRow;
use harness::Result;
use http::{HeaderName, HeaderValue, Method, Request, header};
use http_body_util::Full;

use crate::fill::{FORMS, Filling, HEADERS, VALUES, authenticated, fill};

/// One request. It is made when it is sent, since all of them together are large.
pub(crate) struct Case {
    pub(crate) row: EndpointRow,
    method: Method,
    base: &'static str,
    filled: Filled,
}

/// The part of a request that is filled.
#[derive(Clone, Copy)]
enum Filled {
    Parameter(&'static str, Filling),
    /// The form or query behind the parameters that lead there.
    Form(Filling),
    Header(&'static str, Filling),
}

/// Every request to every endpoint, in an order that does not change.
pub(crate) fn cases(rows: &[EndpointRow]) -> Vec<Case> {
    let mut cases = Vec::new();
    for row in rows {
        for method in row.methods {
            for (i, &base) in bases(row).iter().enumerate() {
                let mut add = |filled| {
                    cases.push(Case {
                        row: row.clone(),
                        method: method.clone(),
                        base,
                        filled,
                    });
                };
                // With all parameters once, then with those that matter there.
                let matters = |name: &str| {
                    i == 0 || base.contains(name) || COMMON.iter().any(|common| *common == name)
                };
                if row.reads_parameters {
                    for &name in PARAMETERS.iter().filter(|&&name| matters(name)) {
                        for &value in VALUES {
                            add(Filled::Parameter(name, value));
                        }
                    }
                    for &form in FORMS {
                        add(Filled::Form(form));
                    }
                }
                for &(name, value) in HEADERS {
                    add(Filled::Header(name, value));
                }
            }
        }
    }
    // Only bodies have characters that are not ASCII.
    cases.retain(|case| case.is_post() || case.parameters().is_ascii());
    cases
}

/// Parameters that lead deep into an endpoint. One that is not listed gets every parameter all the
/// same.
fn bases(row: &EndpointRow) -> &'static [&'static str] {
    match row.name {
        "token" => &[
            "grant_type=client_credentials",
            "grant_type=authorization_code&code=gc_A&redirect_uri=https://app.example/cb\
             &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            "grant_type=refresh_token&refresh_token=gr_A",
        ],
        "introspection" | "revocation" => &["token=ga_A"],
        "authorization" => &[
            "response_type=code&client_id=client&redirect_uri=https://app.example/cb&scope=read\
             &state=1&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
             &code_challenge_method=S256",
        ],
        _ => &[""],
    }
}

/// The names of all parameters, known to an endpoint or not.
const PARAMETERS: &[&str] = &[
    "acr_values",
    "assertion",
    "audience",
    "authorization_details",
    "claims",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "csrf",
    "decision",
    "display",
    "dpop_jkt",
    "grant_type",
    "id_token_hint",
    "interaction",
    "login_hint",
    "max_age",
    "name",
    "nonce",
    "password",
    "prompt",
    "redirect_uri",
    "refresh_token",
    "registration",
    "request",
    "request_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "step",
    "token",
    "token_type_hint",
    "ui_locales",
    "unknown",
    "user",
    "username",
];

/// Those that every way to a token reads.
const COMMON: &[&str] = &[
    "audience",
    "client_id",
    "client_secret",
    "resource",
    "scope",
];

impl Case {
    /// Returns the parameter or header that is filled, and its content.
    pub(crate) fn name(&self) -> String {
        let filled = match self.filled {
            Filled::Parameter(name, value) => format!("{name} of {}", value.0),
            Filled::Form(form) => form.0.to_owned(),
            Filled::Header(name, value) => format!("header {name}, {}", value.0),
        };
        let within = self.base.split('&').next().unwrap_or_default();
        format!("{} {} {filled} ({within})", self.row.name, self.method)
    }

    /// The request.
    pub(crate) fn request(&self) -> Result<Request<Full<Bytes>>> {
        let parameters = self.parameters();
        let (target, body) = match self.is_post() {
            true => (self.row.path.clone(), parameters),
            false => (format!("{}?{parameters}", self.row.path), String::new()),
        };
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = target.parse()?;
        let headers = request.headers_mut();
        if self.is_post() {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            headers.insert(header::CONTENT_TYPE, form);
        }
        if self.row.authenticates_clients {
            headers.insert(header::AUTHORIZATION, authenticated().parse()?);
        }
        if let Filled::Header(name, value) = self.filled {
            let value = fill(value, MOST_HEAD).parse()?;
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(request)
    }

    fn is_post(&self) -> bool {
        self.method == Method::POST
    }

    fn parameters(&self) -> String {
        let base = self.base;
        let most = if self.is_post() { MOST_BODY } else { MOST_HEAD };
        let room = most - base.len() - 1;
        match self.filled {
            Filled::Parameter(name, value) => {
                let prefix = format!("{name}=");
                let others = base.split('&').filter(|own| !own.starts_with(&prefix));
                let others: Vec<&str> = others.collect();
                let value = fill(value, room - prefix.len());
                format!("{prefix}{value}&{}", others.join("&"))
            }
            Filled::Form(form) => format!("{base}&{}", fill(form, room)),
            Filled::Header(..) => base.to_owned(),
        }
    }
}

/// Where the client's codes go.
pub(crate) const REDIRECT_URI: &str = "https://app.example/cb";

/// The part of a body that the server reads.
const MOST_BODY: usize = 64 * 1024;
/// The part of a head that a listener reads, less the other headers.
const MOST_HEAD: usize = 60_000;
