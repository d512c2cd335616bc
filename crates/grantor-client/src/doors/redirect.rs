//! Which redirects are followed, and with what. For every door that follows them itself.

use grantor_core::LocalhostNames;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use url::{Url, form_urlencoded};

use crate::config::placement::BearerMethod;
use crate::request::scheme::bearer::without_token;
use crate::token::scheme::Scheme;

/// The most redirects that are followed, so that one request more is sent.
pub(crate) const MAX_REDIRECTS: usize = 10;

/// Where a redirect leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redirect {
    pub(crate) url: Url,
    /// The request becomes a GET without a body.
    pub(crate) reads: bool,
}

/// Where the answer to a request leads that can be sent again; none if the answer is the caller's.
pub(crate) fn redirect(
    status: StatusCode,
    location: Option<&HeaderValue>,
    from: &Url,
    method: &Method,
    names: LocalhostNames,
) -> Option<Redirect> {
    let mut url = from.join(location?.to_str().ok()?).ok()?;
    // A client would send them as Basic, in place of the token.
    let _removed = url.set_username("").and_then(|()| url.set_password(None));
    let reads = match status {
        StatusCode::SEE_OTHER => !is_safe_method(method),
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => false,
        // The caller decides whether a POST becomes a GET here (RFC 9110 section 15.4.2).
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND if is_safe_method(method) => false,
        _ => return None,
    };
    names.is_secure(&url).then_some(Redirect { url, reads })
}

/// How a redirected request goes on.
pub(crate) enum Follow {
    /// It is sent with a token and all of the caller's headers.
    WithCredentials,
    /// It is sent without either.
    WithoutCredentials,
    /// The answer is the caller's.
    Stop,
}

/// Decides whether a redirected request is sent. `keeps` is whether all of the caller's headers may
/// go along.
pub(crate) fn follow(placement: Option<BearerMethod>, next: &Method, keeps: bool) -> Follow {
    match (keeps, is_safe_method(next)) {
        // There is no form any more that the token could go into.
        (true, true) if placement == Some(BearerMethod::Body) => Follow::Stop,
        (true, _) => Follow::WithCredentials,
        (false, true) => Follow::WithoutCredentials,
        (false, false) => Follow::Stop,
    }
}

impl Redirect {
    /// The same without a token or a signature in the query: a server may repeat there what it was sent.
    pub(crate) fn without_credential(mut self, scheme: &Scheme) -> Self {
        if let Some(query) = self.url.query() {
            let query = match scheme {
                Scheme::OAuth1(_) => without_signature(query),
                _ => without_token(query),
            };
            self.url
                .set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
        }
        self
    }
}

/// Returns whether a request may go to an origin that nobody named: one that only reads.
pub(crate) fn is_safe_method(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Leaves out what describes a body.
pub(crate) fn strip_body(headers: &mut HeaderMap) {
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        headers.remove(name);
    }
}

/// Leaves of the caller's headers what says nothing about the caller.
pub(crate) fn retain_anonymous_headers(headers: &mut HeaderMap) {
    let harmless = [
        header::ACCEPT,
        header::ACCEPT_ENCODING,
        header::ACCEPT_LANGUAGE,
        header::RANGE,
        header::USER_AGENT,
    ];
    let all = std::mem::take(headers);
    for name in harmless {
        for value in all.get_all(&name) {
            headers.append(name.clone(), value.clone());
        }
    }
}

/// The caller's parameters as they are written, without those of a signature: the names that begin
/// with `oauth_` are the protocol's (RFC 5849 section 3.1).
fn without_signature(pairs: &str) -> String {
    let is_protocols = |pair: &str| {
        let mut names = form_urlencoded::parse(pair.as_bytes());
        names
            .next()
            .is_some_and(|(name, _)| name.starts_with("oauth_"))
    };
    let others: Vec<_> = pairs
        .split('&')
        .filter(|pair| !is_protocols(pair))
        .collect();
    others.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    const READING: [Method; 2] = [Method::GET, Method::HEAD];
    const WRITING: [Method; 4] = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

    /// Returns whether a redirect that is followed becomes a GET without a body; none if it is not
    /// followed.
    fn reads(status: u16, method: &Method) -> Option<bool> {
        let status = StatusCode::from_u16(status).unwrap();
        let location = HeaderValue::from_static("/there");
        let from = Url::parse("https://api.example/here").unwrap();
        let names = LocalhostNames::ByDns;
        let redirect = redirect(status, Some(&location), &from, method, names)?;
        assert_eq!(redirect.url.as_str(), "https://api.example/there");
        Some(redirect.reads)
    }

    #[test]
    fn what_reads_stays_as_it_is() {
        for status in [301, 302, 303, 307, 308] {
            for method in READING {
                assert_eq!(reads(status, &method), Some(false), "{status} {method}");
            }
        }
    }

    #[test]
    fn what_writes_becomes_a_get_only_where_the_answer_is_elsewhere() {
        for method in WRITING {
            assert_eq!(reads(303, &method), Some(true), "{method}");
            for status in [307, 308] {
                assert_eq!(reads(status, &method), Some(false), "{status} {method}");
            }
            for status in [301, 302] {
                assert_eq!(reads(status, &method), None, "{status} {method}");
            }
        }
    }

    #[test]
    fn a_location_brings_no_name_and_no_password() {
        let from = Url::parse("https://api.example/here").unwrap();
        let location = HeaderValue::from_static("//ada:pw@other.example/x");
        let names = LocalhostNames::ByDns;
        let found = redirect(
            StatusCode::FOUND,
            Some(&location),
            &from,
            &Method::GET,
            names,
        );
        assert_eq!(found.unwrap().url.as_str(), "https://other.example/x");
    }

    #[test]
    fn what_is_no_redirect_is_not_followed() {
        for status in [200, 201, 300, 304, 305, 401] {
            assert_eq!(reads(status, &Method::GET), None, "{status}");
        }
    }
}
