//! The token in the `Authorization` header (RFC 6750 section 2.1, RFC 9449 section 7.1).

use grantor_jose::check::holds;
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Uri, header};
use url::form_urlencoded;

use super::refusal::{Reason, Refused};

/// The parts of a request that decide whether it is admitted.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) method: &'a Method,
    uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(super) extensions: &'a Extensions,
}

/// A scheme of authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Bearer,
    Dpop,
}

/// The token of a request, of which only the form was checked.
#[derive(Clone, Copy)]
pub(super) struct Credentials<'a> {
    pub(super) scheme: Scheme,
    pub(super) token: &'a str,
    /// The whole header.
    pub(super) header: &'a HeaderValue,
}

impl<'a> Head<'a> {
    pub(super) fn of<B>(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }

    /// The path as the client sent it, though a nested router of axum has shortened it.
    pub(crate) fn path(&self) -> &'a str {
        #[cfg(feature = "axum")]
        if let Some(axum::extract::OriginalUri(uri)) = self.extensions.get() {
            return uri.path();
        }
        self.uri.path()
    }
}

impl Scheme {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }

    fn parse(text: &[u8]) -> Option<Self> {
        [Self::Bearer, Self::Dpop]
            .into_iter()
            .find(|scheme| text.eq_ignore_ascii_case(scheme.as_str().as_bytes()))
    }
}

/// The credentials of a request.
pub(super) fn credentials<'a>(head: &Head<'a>) -> Result<Credentials<'a>, Refused> {
    // RFC 9700 section 4.3.2: access tokens are not taken from the query, where logs keep them.
    let query = head.uri.query().unwrap_or_default();
    let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
    if !holds("resource.query", !names.any(|name| name == "access_token")) {
        return Err(Refused::ambiguous(
            "a token in the query is refused, send it in the Authorization header",
        ));
    }
    let mut values = head.headers.get_all(header::AUTHORIZATION).iter();
    let header = values.next().ok_or(Refused::MISSING)?;
    if values.next().is_some() {
        return Err(Refused::ambiguous("more than one Authorization header"));
    }
    let value = header.as_bytes();
    let (scheme, rest) = match value.iter().position(|byte| *byte == b' ') {
        Some(space) => value.split_at(space),
        None => (value, [].as_slice()),
    };
    let scheme = Scheme::parse(scheme).ok_or(Refused::MISSING)?;
    match std::str::from_utf8(rest.trim_ascii()) {
        Ok(token) if is_token68(token) => Ok(Credentials {
            scheme,
            token,
            header,
        }),
        _ => {
            let reason = "the Authorization header is not a scheme and one token";
            Err(Refused::of(scheme, Reason::Malformed(reason)))
        }
    }
}

/// RFC 6750 section 2.1, RFC 9449 section 7.1.
fn is_token68(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !body.is_empty() && body.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(uri: &str, headers: &[&str], expected: Result<(Scheme, &str), &str>) {
        let mut request = Request::get(uri);
        for value in headers {
            request = request.header(header::AUTHORIZATION, *value);
        }
        let request = request.body(()).unwrap();
        let found = credentials(&Head::of(&request));
        let found = found.map(|found| (found.scheme, found.token));
        let found = found.map_err(|refused| match refused.reason {
            Reason::Missing => "missing",
            Reason::Malformed(_) => "malformed",
            _ => "another",
        });
        assert_eq!(found, expected, "{uri} {headers:?}");
    }

    #[test]
    fn takes_one_token_in_any_spelling_of_the_scheme() {
        for header in ["Bearer a.b-c_~+/==", "bEARER  a.b-c_~+/== "] {
            check("/", &[header], Ok((Scheme::Bearer, "a.b-c_~+/==")));
        }
        for header in ["DPoP a.b-c_~+/==", "dpop  a.b-c_~+/== "] {
            check("/", &[header], Ok((Scheme::Dpop, "a.b-c_~+/==")));
        }
    }

    #[test]
    fn without_a_token_there_is_none() {
        check("/?token=a", &[], Err("missing"));
        check("/", &["Basic YTpi"], Err("missing"));
        check("/", &["DPoPs abc"], Err("missing"));
        check("/", &["Bearertoken"], Err("missing"));
    }

    #[test]
    fn rejects_what_is_not_one_token() {
        for rest in ["", " ", " =", " a b", " a,b", " a=b", " é"] {
            for scheme in ["Bearer", "DPoP"] {
                check("/", &[&format!("{scheme}{rest}")], Err("malformed"));
            }
        }
    }

    #[test]
    fn rejects_more_than_one_way() {
        check("/", &["Bearer a", "Bearer a"], Err("malformed"));
        check("/", &["Bearer a", "DPoP a"], Err("malformed"));
        check("/", &["Basic YTpi", "Bearer a"], Err("malformed"));
        check("/?x=1&access_token=a", &["Bearer a"], Err("malformed"));
        check("/?access%5Ftoken=a", &[], Err("malformed"));
        check("/?access_token", &[], Err("malformed"));
    }
}
