use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

/// What the user is shown: a whole answer, so that a site may also redirect to pages of its own.
#[derive(Debug, Clone)]
pub struct Page(pub Response<Bytes>);

impl Page {
    /// An HTML page.
    #[must_use]
    pub fn html(status: StatusCode, html: impl Into<Bytes>) -> Self {
        let mut answer = Response::new(html.into());
        *answer.status_mut() = status;
        let value = HeaderValue::from_static("text/html; charset=utf-8");
        answer.headers_mut().insert(header::CONTENT_TYPE, value);
        Self(answer)
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
        Self(answer)
    }

    /// Sets a cookie.
    #[must_use]
    pub fn with_cookie(mut self, cookie: HeaderValue) -> Self {
        self.0.headers_mut().append(header::SET_COOKIE, cookie);
        self
    }

    /// With what every page carries. `form_targets` are the origins that a form may lead to: browsers
    /// hold a redirect after a form to `form-action`, the client's redirect URI included.
    pub(crate) fn into_answer(self, form_targets: &[&str]) -> Response<Full<Bytes>> {
        let (mut head, body) = self.0.into_parts();
        let headers = &mut head.headers;
        let mut csp = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self'; \
                       base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
            .to_owned();
        for target in form_targets {
            csp.push(' ');
            csp.push_str(target);
        }
        let mut set = |name, value: &str| {
            if let Ok(value) = HeaderValue::try_from(value)
                && !headers.contains_key(&name)
            {
                headers.insert(name, value);
            }
        };
        set(header::CONTENT_SECURITY_POLICY, &csp);
        set(header::X_FRAME_OPTIONS, "DENY");
        set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(header::REFERRER_POLICY, "no-referrer");
        set(header::CACHE_CONTROL, "no-store");
        Response::from_parts(head, Full::new(body))
    }
}
