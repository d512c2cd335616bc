//! Bearer tokens in the header, the query or a form (RFC 6750 section 2).

use http::header::{AUTHORIZATION, CACHE_CONTROL};
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Uri};
use url::form_urlencoded;

use crate::cache::slot::share::TokenShare;
use crate::config::placement::BearerMethod;
use crate::error::Error;
use crate::request::http_request::{HttpRequest, RequestBody, is_form, set_form};

/// The parameter's name in a query or a form.
pub(crate) const ACCESS_TOKEN: &str = "access_token";

impl BearerMethod {
    /// Returns whether the request has a token of the caller's own.
    pub(crate) fn is_taken(self, request: &impl HttpRequest) -> bool {
        if request.headers().contains_key(AUTHORIZATION) {
            return true;
        }
        match self {
            Self::Header => false,
            Self::Query => request.uri().query().is_some_and(has_token),
            Self::Body => form(request).is_some_and(has_token),
        }
    }

    /// Checks that the request has such a place.
    pub(crate) fn check(self, request: &impl HttpRequest) -> Result<(), Error> {
        match self {
            Self::Header | Self::Query => Ok(()),
            Self::Body => written_form(request).map(|_| ()),
        }
    }

    /// Puts a token on a request, in place of one that is there.
    pub(super) fn apply(
        self,
        token: &TokenShare,
        request: &mut impl HttpRequest,
    ) -> Result<(), Error> {
        match self {
            Self::Header => {
                let header = token.header.clone();
                request.headers_mut().insert(AUTHORIZATION, header);
                Ok(())
            }
            Self::Query => {
                let query = with_token(request.uri().query(), token);
                let uri = with_query(request.uri(), &query)?;
                request.set_uri(uri);
                // RFC 6750 section 2.3: no cache is to keep what a token was in the address of.
                let headers = request.headers_mut();
                let no_store = HeaderValue::from_static("no-store");
                headers.entry(CACHE_CONTROL).or_insert(no_store);
                Ok(())
            }
            Self::Body => {
                let form = with_token(Some(written_form(request)?), token);
                set_form(request, form.into());
                Ok(())
            }
        }
    }
}

/// The body, if it is a form that a parameter may be added to.
fn form(request: &impl HttpRequest) -> Option<&str> {
    let RequestBody::Replaceable(body) = request.body() else {
        return None;
    };
    let form = std::str::from_utf8(body).ok();
    form.filter(|_| is_form(request.headers()))
}

/// The form of a request, unless it is one that only reads (RFC 6750 section 2.2).
fn written_form(request: &impl HttpRequest) -> Result<&str, Error> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let form = form(request).filter(|_| !reads);
    form.ok_or_else(|| {
        Error::configuration(
            "the token is to go into a form, and this request has none that it can be added to: \
             send a form through a session, or place the token in the header",
        )
    })
}

fn is_token(pair: &str) -> bool {
    let mut names = form_urlencoded::parse(pair.as_bytes());
    names.next().is_some_and(|(name, _)| name == ACCESS_TOKEN)
}

fn has_token(pairs: &str) -> bool {
    pairs.split('&').any(is_token)
}

/// The caller's parameters as they are written, without one for the token.
pub(crate) fn without_token(pairs: &str) -> String {
    let others: Vec<_> = pairs.split('&').filter(|pair| !is_token(pair)).collect();
    others.join("&")
}

fn with_token(pairs: Option<&str>, token: &TokenShare) -> String {
    let mut pairs = pairs.map(without_token).unwrap_or_default();
    if !pairs.is_empty() {
        pairs.push('&');
    }
    pairs.push_str(ACCESS_TOKEN);
    pairs.push('=');
    let secret = token.secret();
    pairs.extend(form_urlencoded::byte_serialize(secret.expose().as_bytes()));
    pairs
}

fn with_query(uri: &Uri, query: &str) -> Result<Uri, Error> {
    let mut parts = uri.clone().into_parts();
    let path = PathAndQuery::try_from(format!("{}?{query}", uri.path()));
    let too_long = || Error::configuration("the token does not fit into the query of the request");
    parts.path_and_query = Some(path.map_err(|_| too_long())?);
    Uri::from_parts(parts).map_err(|_| too_long())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use super::*;
    use crate::request::http_request::WithBody;

    #[test]
    fn a_token_goes_into_the_form_of_a_request_that_writes() {
        let check = |method: Method| {
            let request = Request::builder().method(method);
            let form = "application/x-www-form-urlencoded";
            let request = request.header("content-type", form);
            let mut request = request.body(Bytes::from("a=b")).unwrap();
            BearerMethod::Body.check(&WithBody(&mut request))
        };
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert!(check(method).is_ok());
        }
        for method in [Method::GET, Method::HEAD] {
            let error = check(method).unwrap_err();
            assert!(error.is_configuration(), "{error}");
        }
        let bare = Request::post("/").body(()).unwrap();
        assert!(BearerMethod::Body.check(&bare).is_err());
    }

    #[test]
    fn finds_a_token_however_its_name_is_written() {
        for pairs in ["access_token=x", "a=b&access_token", "a&access%5Ftoken=1"] {
            assert!(has_token(pairs), "{pairs}");
        }
        for pairs in ["", "a=access_token", "access_tokens=1", "xaccess_token=1"] {
            assert!(!has_token(pairs), "{pairs}");
        }
    }

    #[test]
    fn other_parameters_stay_as_they_are_written() {
        let without = |pairs| without_token(pairs);
        assert_eq!(without("a=%20b&access_token=1&c=+"), "a=%20b&c=+");
        assert_eq!(without("access_token=1"), "");
        assert_eq!(without("a&&b="), "a&&b=");
    }
}
