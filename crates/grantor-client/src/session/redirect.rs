//! Which redirects are followed, and with what.

use http::{Method, StatusCode, header};
use reqwest::{Request, Response};

/// The most redirects that are followed.
pub(super) const MOST: usize = 10;

/// The request that a redirect leads to, with all of the caller's headers; none if the answer is the
/// caller's. `sent` is a copy of the one that was redirected, without
/// the token; none if its body can't be sent again.
pub(super) fn next(response: &Response, sent: Option<Request>) -> Option<Request> {
    let location = response.headers().get(header::LOCATION);
    let url = location.and_then(|value| response.url().join(value.to_str().ok()?).ok());
    let (url, mut request) = (url?, sent?);
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    match response.status() {
        StatusCode::SEE_OTHER if !reading => {
            *request.method_mut() = Method::GET;
            *request.body_mut() = None;
            for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
                request.headers_mut().remove(name);
            }
        }
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => {}
        // Whether a POST becomes a GET here is for the caller to say (RFC 9110 section 15.4.2).
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER if reading => {}
        _ => return None,
    }
    if !grantor_core::is_secure(&url) {
        return None;
    }
    *request.url_mut() = url;
    Some(request)
}

/// Whether a request may go to an origin that nobody named: one that only reads.
pub(super) fn may_go_abroad(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

/// Leaves of the caller's headers what says nothing about the caller.
pub(super) fn strip(request: &mut Request) {
    let harmless = [
        header::ACCEPT,
        header::ACCEPT_ENCODING,
        header::ACCEPT_LANGUAGE,
        header::RANGE,
        header::USER_AGENT,
    ];
    let headers = std::mem::take(request.headers_mut());
    for name in harmless {
        for value in headers.get_all(&name) {
            request.headers_mut().append(name.clone(), value.clone());
        }
    }
}
