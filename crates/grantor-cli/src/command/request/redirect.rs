//! The reason why a redirect was not followed, and the remedy.

use grantor_core::LocalhostNames;
use http::header::{AUTHORIZATION, LOCATION};
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use super::prepared::Prepared;
use super::shown;

/// The facts about a request that decide whether a redirect is followed.
pub(super) struct Sent {
    method: Method,
    /// It carries an `Authorization` header of the user's.
    has_own_credential: bool,
    origins: Vec<String>,
}

impl Sent {
    pub(super) fn new(request: &Prepared, origins: &[String]) -> Self {
        let mut names = request.headers.iter().map(|(name, _)| name);
        Self {
            method: request.method.clone(),
            has_own_credential: names.any(|name| *name == AUTHORIZATION),
            origins: origins.to_vec(),
        }
    }

    /// Returns why the answer of `from`, a redirect, is the result.
    ///
    /// A GET is followed wherever its Location can be used. So whatever is left then has the method
    /// that was sent first.
    pub(super) fn why_not_followed(
        &self,
        from: &Url,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> String {
        let Some(location) = headers.get(LOCATION) else {
            return "the redirect has no Location: there is nothing to follow".to_owned();
        };
        let Ok(text) = location.to_str() else {
            return "the Location of the redirect has characters other than ASCII: send the request \
                    to the URL that it means, percent-encoded"
                .to_owned();
        };
        let Ok(to) = from.join(text) else {
            return "the Location of the redirect is not a URL".to_owned();
        };
        let place = shown(to.as_str());
        if !LocalhostNames::Loopback.is_secure(&to) {
            return format!(
                "the redirect leads to {place}, which is neither https nor a loopback address"
            );
        }
        let method = &self.method;
        let number = status.as_u16();
        match status {
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => format!(
                "after a {number} servers disagree whether a {method} stays one (RFC 9110 section \
                 15.4), so it was not sent again: send it to {place} yourself"
            ),
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => {
                let origin = to.origin().ascii_serialization();
                self.why_not_repeated(&place, &origin)
            }
            _ => format!("a redirect with status {number} is not followed: it leads to {place}"),
        }
    }

    fn why_not_repeated(&self, place: &str, origin: &str) -> String {
        let method = &self.method;
        if self.has_own_credential {
            format!(
                "a {method} with an Authorization header of its own goes to no other origin: send \
                 it to {place} yourself"
            )
        } else if self.origins.iter().any(|named| named == origin) {
            format!("the {method} could not be sent again: send it to {place} yourself")
        } else {
            format!(
                "a {method} is sent again only to named origins: if {origin} may have it, and the \
                 token, give --origin {origin}"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn why(
        method: Method,
        own: Option<HeaderName>,
        status: u16,
        location: Option<&[u8]>,
    ) -> String {
        let request = Prepared {
            method,
            headers: own
                .map(|name| (name, HeaderValue::from_static("x")))
                .into_iter()
                .collect(),
            body: None,
        };
        let sent = Sent::new(&request, &["https://api.example".to_owned()]);
        let location = location.map(|bytes| HeaderValue::from_bytes(bytes).unwrap());
        let headers = location
            .map(|value| (LOCATION, value))
            .into_iter()
            .collect();
        let from = "https://api.example/a?key=s3cret".parse().unwrap();
        sent.why_not_followed(&from, StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn the_hint_says_what_happened() {
        let there: Option<&[u8]> = Some(b"/b?code=s3cret");
        let away: Option<&[u8]> = Some(b"https://other.example/b?code=s3cret");
        let own = Some(AUTHORIZATION);
        for (method, own, status, location, says) in [
            (
                Method::POST,
                None,
                301,
                there,
                "send it to https://api.example/b yourself",
            ),
            (
                Method::PUT,
                None,
                302,
                away,
                "send it to https://other.example/b yourself",
            ),
            (
                Method::POST,
                None,
                307,
                away,
                "give --origin https://other.example",
            ),
            (
                Method::POST,
                own,
                308,
                away,
                "an Authorization header of its own",
            ),
            (Method::POST, None, 308, there, "could not be sent again"),
            (Method::GET, None, 302, None, "has no Location"),
            (
                Method::GET,
                None,
                302,
                Some("/dünn".as_bytes()),
                "other than ASCII",
            ),
            (Method::GET, None, 302, Some(b"https://[/"), "is not a URL"),
            (
                Method::GET,
                None,
                302,
                Some(b"http://api.example/b"),
                "neither https nor",
            ),
            (Method::GET, None, 300, there, "status 300 is not followed"),
        ] {
            let hint = why(method, own, status, location);
            assert!(hint.contains(says), "{says}: {hint}");
            assert_eq!(
                hint.contains("--origin"),
                says.contains("--origin"),
                "{hint}"
            );
            assert!(!hint.contains("s3cret"), "{hint}");
        }
    }
}
