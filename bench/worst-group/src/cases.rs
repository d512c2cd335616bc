//! The requests, made from the server's table of endpoints.

use std::sync::Arc;

use bytes::Bytes;
use grantor_server::EndpointRow;
use harness::Result;
use http::{HeaderName, HeaderValue, Method, Request, header};
use http_body_util::Full;

use crate::bases::{COMMON, PARAMETERS, bases};
use crate::fill::{DOCUMENTS, FORMS, Filling, HEADERS, VALUES, authenticated, fill};
use crate::visit::Visit;

/// One request. It is made when it is sent, since all of them together are large.
pub(crate) struct Case {
    pub(crate) row: EndpointRow,
    method: Method,
    base: Arc<str>,
    cookies: Arc<str>,
    filled: Filled,
}

/// The part of a request that is filled.
#[derive(Clone, Copy)]
enum Filled {
    Parameter(&'static str, Filling),
    /// The form or query behind the parameters that lead there.
    Form(Filling),
    Header(&'static str, Filling),
    /// A body of JSON, and its end.
    Json(Filling, &'static str),
}

/// Every request to every endpoint, in an order that does not change.
pub(crate) fn cases(rows: &[EndpointRow], visit: &Visit) -> Vec<Case> {
    let cookies: Arc<str> = visit.cookies.as_str().into();
    let mut cases = Vec::new();
    for row in rows {
        for (i, base) in bases(row, visit).into_iter().enumerate() {
            // With all parameters once, then with those that matter there.
            let matters = |name: &str| i == 0 || has(&base, name) || COMMON.contains(&name);
            for filled in filled(row, &matters) {
                for method in row.methods {
                    cases.push(Case {
                        row: row.clone(),
                        method: method.clone(),
                        base: base.as_str().into(),
                        cookies: Arc::clone(&cookies),
                        filled,
                    });
                }
            }
        }
    }
    // A body may hold characters that are not ASCII, a query may not.
    cases.retain(|case| case.is_post() || case.parameters().is_ascii());
    cases
}

fn filled(row: &EndpointRow, matters: &dyn Fn(&str) -> bool) -> Vec<Filled> {
    let mut all = Vec::new();
    if row.reads_parameters {
        for &name in PARAMETERS.iter().filter(|name| matters(name)) {
            all.extend(VALUES.iter().map(|&value| Filled::Parameter(name, value)));
        }
        all.extend(FORMS.iter().copied().map(Filled::Form));
    }
    if row.reads_json {
        let documents = DOCUMENTS.iter();
        all.extend(documents.map(|&(document, end)| Filled::Json(document, end)));
    }
    let headers = HEADERS.iter();
    all.extend(headers.map(|&(name, value)| Filled::Header(name, value)));
    all
}

/// Whether a form has a parameter.
fn has(form: &str, name: &str) -> bool {
    form.split('&')
        .any(|pair| pair.split('=').next() == Some(name))
}

impl Case {
    /// Returns the parameter or header that is filled, and its content.
    pub(crate) fn name(&self) -> String {
        let filled = match self.filled {
            Filled::Parameter(name, value) => format!("{name} of {}", value.0),
            Filled::Form(form) => form.0.to_owned(),
            Filled::Header(name, value) => format!("header {name}, {}", value.0),
            Filled::Json(document, _) => document.0.to_owned(),
        };
        // The values of the others may be secret, and differ from run to run.
        let first = self.base.split('&').next().unwrap_or_default();
        let within = match first.split_once('=') {
            Some(("grant_type", _)) => first,
            _ if has(&self.base, "decision") => "consent",
            _ if has(&self.base, "password") => "login",
            _ => return format!("{} {} {filled}", self.row.name, self.method),
        };
        format!("{} {} {filled} ({within})", self.row.name, self.method)
    }

    /// The request.
    pub(crate) fn request(&self) -> Result<Request<Full<Bytes>>> {
        let parameters = self.parameters();
        let (target, body) = match self.filled {
            Filled::Json(document, end) => {
                let body = fill(document, MOST_BODY - end.len()) + end;
                (self.row.path.clone(), body)
            }
            _ if self.is_post() => (self.row.path.clone(), parameters),
            _ => (format!("{}?{parameters}", self.row.path), String::new()),
        };
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = target.parse()?;
        let headers = request.headers_mut();
        if let Filled::Json(..) = self.filled {
            let json = HeaderValue::from_static("application/json");
            headers.insert(header::CONTENT_TYPE, json);
        } else if self.is_post() {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            headers.insert(header::CONTENT_TYPE, form);
        }
        if self.row.authenticates_clients {
            headers.insert(header::AUTHORIZATION, authenticated().parse()?);
        } else {
            headers.insert(header::COOKIE, self.cookies.parse()?);
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
        let base = &*self.base;
        let most = if self.is_post() { MOST_BODY } else { MOST_HEAD };
        let room = most - base.len() - 1;
        match self.filled {
            Filled::Parameter(name, value) => {
                let others = base.split('&').filter(|pair| !has(pair, name));
                let others: Vec<&str> = others.collect();
                let value = fill(value, room - name.len() - 1);
                format!("{name}={value}&{}", others.join("&"))
            }
            Filled::Form(form) => format!("{base}&{}", fill(form, room)),
            Filled::Header(..) | Filled::Json(..) => base.to_owned(),
        }
    }
}

/// The part of a body that the server reads.
const MOST_BODY: usize = 64 * 1024;
/// The part of a head that a listener reads, less the other headers.
const MOST_HEAD: usize = 60_000;
