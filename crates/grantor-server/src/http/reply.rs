//! The answer of an endpoint.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;

use crate::site::Page;

/// An answer, with the headers that its kind must carry.
#[derive(Debug)]
pub(crate) struct Reply(Response<Full<Bytes>>);

impl Reply {
    /// JSON that nobody may keep.
    pub(crate) fn json(status: StatusCode, body: String) -> Self {
        let mut reply = Self::with(status, Bytes::from(body));
        // RFC 6749 section 5.1: "Cache-Control ... no-store" and "Pragma ... no-cache".
        reply.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        reply.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        reply.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
        reply
    }

    /// JSON that everybody may keep for five minutes.
    pub(crate) fn document(body: Bytes) -> Self {
        let mut reply = Self::with(StatusCode::OK, body);
        reply.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        reply.set(header::CACHE_CONTROL, "public, max-age=300");
        reply
    }

    /// Success, and nothing to say.
    pub(crate) fn empty() -> Self {
        let mut reply = Self::with(StatusCode::OK, Bytes::new());
        reply.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        reply
    }

    /// A page for the user.
    pub(crate) fn page(page: Page) -> Self {
        Self(page.into_response())
    }

    /// A redirect by 303, which never sends a form again (RFC 9700 section 4.12).
    pub(crate) fn redirect(location: &str) -> Self {
        Self::page(Page::see_other(location))
    }

    /// No endpoint lies there.
    pub(crate) fn not_found() -> Self {
        Self::plain(StatusCode::NOT_FOUND, "not found\n")
    }

    /// An endpoint lies there, and takes other methods.
    pub(crate) fn method_not_allowed(allowed: &[Method]) -> Self {
        let names: Vec<&str> = allowed.iter().map(Method::as_str).collect();
        let mut reply = Self::plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "method not allowed; see the Allow header\n",
        );
        reply.set(header::ALLOW, &names.join(", "));
        reply
    }

    /// No body at all.
    pub(crate) fn no_content() -> Self {
        Self::with(StatusCode::NO_CONTENT, Bytes::new())
    }

    /// Sets a header; a value that no header may have is left out.
    pub(crate) fn set(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::try_from(value) {
            self.0.headers_mut().insert(name, value);
        }
    }

    pub(crate) fn insert(&mut self, name: HeaderName, value: HeaderValue) {
        self.0.headers_mut().insert(name, value);
    }

    pub(crate) fn append(&mut self, name: HeaderName, value: HeaderValue) {
        self.0.headers_mut().append(name, value);
    }

    pub(crate) fn has(&self, name: &HeaderName) -> bool {
        self.0.headers().contains_key(name)
    }

    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        self.0
    }

    fn plain(status: StatusCode, body: &'static str) -> Self {
        let mut reply = Self::with(status, Bytes::from_static(body.as_bytes()));
        reply.set(header::CONTENT_TYPE, "text/plain");
        reply.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        reply
    }

    fn with(status: StatusCode, body: Bytes) -> Self {
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = status;
        let mut reply = Self(response);
        // What an attacker put into an answer is never a page or a script.
        reply.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        reply
    }
}
