//! The parts of a request that a token needs.

use bytes::Bytes;
use grantor_core::LocalhostNames;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Uri};

/// A request of whatever type a door has.
pub(crate) trait HttpRequest {
    fn method(&self) -> &Method;
    fn uri(&self) -> &Uri;
    fn set_uri(&mut self, uri: Uri);
    fn headers(&self) -> &HeaderMap;
    fn headers_mut(&mut self) -> &mut HeaderMap;
    fn extensions(&self) -> Option<&Extensions>;
    /// The body, as far as it is at hand.
    fn body(&self) -> RequestBody<'_>;
    /// Puts another body in place of one that is [replaceable](RequestBody::Replaceable).
    fn set_body(&mut self, body: Bytes);
    /// Says how names below `localhost` are resolved when it is sent.
    #[inline]
    fn localhost_names(&self) -> LocalhostNames {
        LocalhostNames::ByDns
    }
    /// Returns whether the HTTP client presents the certificate that tokens are bound to.
    fn presents_certificate(&self) -> bool {
        false
    }
}

/// The body of a request, as far as a door has it.
#[derive(Clone, Copy)]
pub(crate) enum RequestBody<'a> {
    /// It is in memory, and another may be sent in its place.
    Replaceable(&'a [u8]),
    /// It can be read, and is sent as it is.
    Readable(&'a [u8]),
    /// It is read while it is sent.
    Streamed,
}

/// The content type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// Returns whether headers say that the body is a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next());
    media_type.is_some_and(|name| name.trim().eq_ignore_ascii_case(FORM))
}

/// Sends a form in place of the body.
pub(crate) fn set_form(request: &mut impl HttpRequest, form: Bytes) {
    let headers = request.headers_mut();
    // The caller's length is that of the body before.
    headers.remove(CONTENT_LENGTH);
    let content_type = HeaderValue::from_static(FORM);
    headers.entry(CONTENT_TYPE).or_insert(content_type);
    request.set_body(form);
}

/// Says that one request is to carry no token: put it into the request's extensions.
///
/// Every door sends such a request as it is, to whatever origin, and gives its answer as it is.
///
/// ```
/// let request = http::Request::get("https://api.example/health")
///     .extension(grantor_client::WithoutToken)
///     .body(());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WithoutToken;

impl<B> HttpRequest for Request<B> {
    #[inline]
    fn method(&self) -> &Method {
        Self::method(self)
    }

    #[inline]
    fn uri(&self) -> &Uri {
        Self::uri(self)
    }

    fn set_uri(&mut self, uri: Uri) {
        *self.uri_mut() = uri;
    }

    #[inline]
    fn headers(&self) -> &HeaderMap {
        Self::headers(self)
    }

    #[inline]
    fn headers_mut(&mut self) -> &mut HeaderMap {
        Self::headers_mut(self)
    }

    #[inline]
    fn extensions(&self) -> Option<&Extensions> {
        Some(Self::extensions(self))
    }

    fn body(&self) -> RequestBody<'_> {
        RequestBody::Streamed
    }

    fn set_body(&mut self, _: Bytes) {}
}

/// A request whose body is in memory.
pub(crate) struct WithBody<'a>(pub(crate) &'a mut Request<Bytes>);

impl HttpRequest for WithBody<'_> {
    fn method(&self) -> &Method {
        self.0.method()
    }

    fn uri(&self) -> &Uri {
        self.0.uri()
    }

    fn set_uri(&mut self, uri: Uri) {
        *self.0.uri_mut() = uri;
    }

    fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.0.headers_mut()
    }

    fn extensions(&self) -> Option<&Extensions> {
        Some(self.0.extensions())
    }

    fn body(&self) -> RequestBody<'_> {
        RequestBody::Replaceable(self.0.body())
    }

    fn set_body(&mut self, body: Bytes) {
        *self.0.body_mut() = body;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_known_by_its_type_whatever_its_parameters() {
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
}
