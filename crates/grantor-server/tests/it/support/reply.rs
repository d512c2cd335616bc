//! Answers of the server, read to their end.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};
use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// A member of a JSON answer that is a string.
    #[track_caller]
    pub(crate) fn member(&self, name: &str) -> String {
        let json = self.json();
        let text = json.get(name).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("no {name:?}: {self:?}"))
            .to_owned()
    }

    #[track_caller]
    pub(crate) fn assert_ok(&self) -> &Self {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        self
    }

    /// An error of the token endpoint or its neighbours.
    #[track_caller]
    pub(crate) fn assert_error(&self, status: u16, code: &str) -> &Self {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.member("error"), code, "{self:?}");
        assert_eq!(self.header(http::header::CACHE_CONTROL), "no-store");
        // RFC 6749 section 5.2 names the characters that a description may have.
        let description = self.member("error_description");
        let allowed = |b: u8| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        assert!(description.bytes().all(allowed), "{description:?}");
        self
    }

    /// The code or the refresh token gives nothing.
    #[track_caller]
    pub(crate) fn assert_dead(&self) -> &Self {
        self.assert_error(400, "invalid_grant")
    }

    /// A page that shows an error and leads nowhere.
    #[track_caller]
    pub(crate) fn assert_error_page(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{self:?}");
        assert!(
            !self.headers.contains_key(http::header::LOCATION),
            "{self:?}"
        );
        assert!(self.text().contains("That did not work"), "{self:?}");
        self
    }

    /// The parameters of the redirect to the client.
    #[track_caller]
    pub(crate) fn callback(&self, redirect_uri: &str) -> Vec<(String, String)> {
        // RFC 9700 section 4.12: never 307, and rather 303 than 302.
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{self:?}");
        let location = self.header(http::header::LOCATION);
        let query = location
            .strip_prefix(redirect_uri)
            .unwrap_or_else(|| panic!("{location}"));
        let url = url::Url::parse(location).unwrap();
        assert!(
            query.starts_with(['?', '&']) && url.fragment().is_none(),
            "{location}"
        );
        url.query_pairs().into_owned().collect()
    }

    /// The code of the redirect to the client.
    #[track_caller]
    pub(crate) fn code(&self, redirect_uri: &str) -> String {
        let pairs = self.callback(redirect_uri);
        value(&pairs, "code")
            .unwrap_or_else(|| panic!("no code: {pairs:?}"))
            .to_owned()
    }

    /// An error that went to the client, with everything that must go with it.
    #[track_caller]
    pub(crate) fn assert_redirected_error(&self, redirect_uri: &str, code: &str) -> &Self {
        let pairs = self.callback(redirect_uri);
        assert_eq!(value(&pairs, "error"), Some(code), "{pairs:?}");
        assert_eq!(value(&pairs, "state"), Some(super::STATE), "{pairs:?}");
        assert_eq!(value(&pairs, "iss"), Some(super::ISSUER), "{pairs:?}");
        assert_eq!(value(&pairs, "code"), None);
        assert_eq!(self.header(http::header::REFERRER_POLICY), "no-referrer");
        self
    }
}

pub(crate) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(n, _)| n == name)
        .map(|(_, v)| v.as_str())
}
