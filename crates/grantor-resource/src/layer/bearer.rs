//! The token in the `Authorization` header (RFC 6750 section 2.1).

use http::{Request, header};
use url::form_urlencoded;

use super::Refusal;

/// The bearer token of a request. Only its form is checked.
pub(super) fn token<B>(request: &Request<B>) -> Result<&str, Refusal> {
    // RFC 9700 section 4.3.2: access tokens are not taken from the query, where logs keep them.
    let query = request.uri().query().unwrap_or_default();
    if form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token") {
        return Err(Refusal::Malformed(
            "a token in the query is refused, send it in the Authorization header",
        ));
    }
    let mut values = request.headers().get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::Missing)?.as_bytes();
    if values.next().is_some() {
        return Err(Refusal::Malformed("more than one Authorization header"));
    }
    let (scheme, rest) = match value.iter().position(|byte| *byte == b' ') {
        Some(space) => value.split_at(space),
        None => (value, [].as_slice()),
    };
    if !scheme.eq_ignore_ascii_case(b"Bearer") {
        return Err(Refusal::Missing);
    }
    match std::str::from_utf8(rest.trim_ascii()) {
        Ok(token) if is_b64token(token) => Ok(token),
        _ => Err(Refusal::Malformed(
            "the Authorization header is not \"Bearer\" and one token",
        )),
    }
}

/// RFC 6750 section 2.1.
fn is_b64token(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !body.is_empty() && body.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(uri: &str, headers: &[&str], expected: Result<&str, &str>) {
        let mut request = Request::get(uri);
        for value in headers {
            request = request.header(header::AUTHORIZATION, *value);
        }
        let request = request.body(()).unwrap();
        let found = token(&request).map_err(|refusal| match refusal {
            Refusal::Missing => "missing",
            Refusal::Malformed(_) => "malformed",
            _ => "another",
        });
        assert_eq!(found, expected, "{uri} {headers:?}");
    }

    #[test]
    fn takes_one_token_in_any_spelling_of_the_scheme() {
        for header in ["Bearer a.b-c_~+/==", "bEARER  a.b-c_~+/== "] {
            check("/", &[header], Ok("a.b-c_~+/=="));
        }
    }

    #[test]
    fn without_a_bearer_token_there_is_none() {
        check("/?token=a", &[], Err("missing"));
        check("/", &["Basic YTpi"], Err("missing"));
        check("/", &["DPoP abc"], Err("missing"));
        check("/", &["Bearertoken"], Err("missing"));
    }

    #[test]
    fn rejects_what_is_not_one_token() {
        for header in [
            "Bearer",
            "Bearer ",
            "Bearer =",
            "Bearer a b",
            "Bearer a,b",
            "Bearer a=b",
            "Bearer é",
        ] {
            check("/", &[header], Err("malformed"));
        }
    }

    #[test]
    fn rejects_more_than_one_way() {
        check("/", &["Bearer a", "Bearer a"], Err("malformed"));
        check("/", &["Basic YTpi", "Bearer a"], Err("malformed"));
        check("/?x=1&access_token=a", &["Bearer a"], Err("malformed"));
        check("/?access%5Ftoken=a", &[], Err("malformed"));
        check("/?access_token", &[], Err("malformed"));
    }
}
