//! Bearer tokens in the header, the query or a form (RFC 6750 section 2).

use http::header::{AUTHORIZATION, CACHE_CONTROL};
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Uri};
use url::form_urlencoded;

use crate::cache::slot::share::TokenShare;
use crate::config::placement::BearerMethod;
use crate::error::Error;
use crate::request::http_request::HttpRequest;

/// The parameter's name in a query or a form.
pub(crate) const ACCESS_TOKEN: &str = "access_token";

impl BearerMethod {
    /// Returns whether the request has a token of the caller's own.
    pub(crate) fn is_taken(self, request: &mut impl HttpRequest) -> bool {
        if request.headers_mut().contains_key(AUTHORIZATION) {
            return true;
        }
        match self {
            Self::Header => false,
            Self::Query => request.uri().query().is_some_and(has_token),
            Self::Body => request.form().is_some_and(|form| has_token(form)),
        }
    }

    /// Checks that the request has such a place.
    pub(crate) fn check(self, request: &mut impl HttpRequest) -> Result<(), Error> {
        match self {
            Self::Header | Self::Query => Ok(()),
            Self::Body => form(request).map(|_| ()),
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
                let form = form(request)?;
                *form = with_token(Some(form), token);
                Ok(())
            }
        }
    }
}

/// The form of a request, unless it is one that only reads (RFC 6750 section 2.2).
fn form(request: &mut impl HttpRequest) -> Result<&mut String, Error> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let form = request.form().filter(|_| !reads);
    form.ok_or_else(|| {
        Error::configuration(
            "the token is to go into a form, and this request has none that it can be added to: \
             send a form through a session, or place the token in the header",
        )
    })
}

/// Returns whether headers say that the body is a form.
#[cfg(any(feature = "reqwest", feature = "blocking"))]
pub(crate) fn is_form(headers: &http::HeaderMap) -> bool {
    let content_type = headers.get(http::header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next());
    media_type.is_some_and(|name| {
        name.trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
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
    use http::HeaderMap;

    use super::*;

    /// A request with a form.
    struct Form(Method, String);

    impl HttpRequest for Form {
        fn method(&self) -> &Method {
            &self.0
        }
        fn uri(&self) -> &Uri {
            unreachable!("a form is no part of the URI")
        }
        fn set_uri(&mut self, _: Uri) {
            unreachable!("a form is no part of the URI")
        }
        fn headers_mut(&mut self) -> &mut HeaderMap {
            unreachable!("a form is no part of the headers")
        }
        fn extensions(&self) -> Option<&http::Extensions> {
            None
        }
        fn form(&mut self) -> Option<&mut String> {
            Some(&mut self.1)
        }
    }

    #[test]
    fn a_token_goes_into_the_form_of_a_request_that_writes() {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let mut request = Form(method, "a=b".into());
            assert!(BearerMethod::Body.check(&mut request).is_ok());
        }
        for method in [Method::GET, Method::HEAD] {
            let mut request = Form(method, "a=b".into());
            let error = BearerMethod::Body.check(&mut request).unwrap_err();
            assert!(error.is_configuration(), "{error}");
        }
        let mut bare = http::Request::post("/").body(()).unwrap();
        assert!(BearerMethod::Body.check(&mut bare).is_err());
    }

    #[cfg(any(feature = "reqwest", feature = "blocking"))]
    #[test]
    fn a_form_is_known_by_its_type_whatever_its_parameters() {
        use http::header::CONTENT_TYPE;
        let is_form = |content_type| {
            let value = HeaderValue::from_static(content_type);
            is_form(&HeaderMap::from_iter([(CONTENT_TYPE, value)]))
        };
        for content_type in [
            "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded; charset=utf-8",
            "application/x-www-form-urlencoded ;charset=utf-8",
            "Application/X-WWW-Form-URLEncoded",
        ] {
            assert!(is_form(content_type), "{content_type}");
        }
        for content_type in [
            "text/plain",
            "text/plain; application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded-not",
            "",
        ] {
            assert!(!is_form(content_type), "{content_type}");
        }
        assert!(!super::is_form(&HeaderMap::new()));
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
