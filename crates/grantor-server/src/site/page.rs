//! Pages of a site.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use grantor_jose::check::is_off;
use grantor_jose::digest::sha256;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

/// A page for the user: a whole answer, so that a site may also redirect to pages of its own.
///
/// A strict content security policy goes with it, unless the answer has one: no scripts, styles from
/// the site's own files, no frames around it.
#[derive(Clone)]
pub struct Page {
    answer: Response<Bytes>,
    style: Option<String>,
}

impl Page {
    /// A whole answer of the site's own making.
    #[must_use]
    pub fn new(answer: Response<Bytes>) -> Self {
        Self {
            answer,
            style: None,
        }
    }

    /// Allows one `<style>` element, by the SHA-256 of its content.
    #[must_use]
    pub fn with_style(mut self, content: &str) -> Self {
        let hash = STANDARD.encode(sha256(content.as_bytes()));
        self.style = Some(format!("'sha256-{hash}'"));
        self
    }

    /// An HTML page.
    #[must_use]
    pub fn html(status: StatusCode, html: impl Into<Bytes>) -> Self {
        let mut answer = Response::new(html.into());
        *answer.status_mut() = status;
        let value = HeaderValue::from_static("text/html; charset=utf-8");
        answer.headers_mut().insert(header::CONTENT_TYPE, value);
        Self::new(answer)
    }

    /// A redirect by 303, which never sends a form again (RFC 9700 section 4.12).
    #[must_use]
    pub fn see_other(location: &str) -> Self {
        let mut answer = Response::new(Bytes::new());
        match HeaderValue::try_from(location) {
            Ok(location) => {
                *answer.status_mut() = StatusCode::SEE_OTHER;
                answer.headers_mut().insert(header::LOCATION, location);
            }
            Err(_) => *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
        }
        Self::new(answer)
    }

    /// Sets a cookie.
    #[must_use]
    pub fn with_cookie(mut self, cookie: HeaderValue) -> Self {
        self.answer.headers_mut().append(header::SET_COOKIE, cookie);
        self
    }

    /// The whole answer, with the headers that every page carries, for pages that your application
    /// serves itself.
    #[must_use]
    pub fn into_response(self) -> Response<Full<Bytes>> {
        let (mut head, body) = self.answer.into_parts();
        let headers = &mut head.headers;
        let style = self.style.as_deref().unwrap_or("'self'");
        // No `form-action`: Chromium holds to it every redirect after a form. The first leads to the
        // client, and nobody here knows where that sends the browser on to.
        let csp = format!(
            "default-src 'none'; style-src {style}; img-src 'self'; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        let mut set = |name, value: &str| {
            if let Ok(value) = HeaderValue::try_from(value)
                && !headers.contains_key(&name)
            {
                headers.insert(name, value);
            }
        };
        if !is_off("page.frames") {
            set(header::CONTENT_SECURITY_POLICY, &csp);
            set(header::X_FRAME_OPTIONS, "DENY");
        }
        set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(header::REFERRER_POLICY, "no-referrer");
        if !is_off("page.no_store") {
            set(header::CACHE_CONTROL, "no-store");
        }
        Response::from_parts(head, Full::new(body))
    }
}

impl fmt::Debug for Page {
    /// Leaves out cookies, and the body with its CSRF token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("status", &self.answer.status())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_after_a_form_may_go_on_anywhere_and_little_else_is_allowed() {
        let answer = Page::html(StatusCode::OK, "").into_response();
        assert_eq!(
            answer.headers()[header::CONTENT_SECURITY_POLICY],
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
             frame-ancestors 'none'"
        );
    }
}
