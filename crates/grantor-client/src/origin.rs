//! Where tokens may go: only to origins that were named, and only over https or loopback.

use std::sync::{Mutex, PoisonError};

use http::Uri;
use url::Url;

use crate::Error;

/// Scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: String,
    host: String,
    port: u16,
    /// The authority as it is mostly written: without the port if it is the scheme's own.
    authority: String,
}

/// A small number for an origin, the same in all handles of one manager.
pub(crate) type OriginId = u8;

impl Origin {
    /// The origin of a URL.
    pub(crate) fn of(url: &Url) -> Result<Self, String> {
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(format!("\"{}:\" names no origin", url.scheme()));
        };
        if !grantor_core::is_secure(url) {
            let scheme = url.scheme();
            return Err(format!(
                "tokens may not go to {scheme}://{host}: use https, or a loopback address"
            ));
        }
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Ok(Self {
            scheme: url.scheme().to_owned(),
            host: host.to_owned(),
            port,
            authority,
        })
    }

    /// Reads an origin as a user writes it: a URL with neither path nor query.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|_| format!("\"{text}\" is not a URL"))?;
        if url.path() != "/" || url.query().is_some() || !url.username().is_empty() {
            return Err(format!(
                "\"{text}\" is more than an origin: name scheme, host and port"
            ));
        }
        Self::of(&url)
    }

    fn holds(&self, uri: &Uri) -> bool {
        if uri.scheme_str() != Some(&self.scheme) {
            return false;
        }
        let Some(authority) = uri.authority() else {
            return false;
        };
        if authority.as_str() == self.authority {
            return true;
        }
        let port = authority.port_u16().unwrap_or(match uri.scheme_str() {
            Some("https") => 443,
            _ => 80,
        });
        port == self.port && authority.host().eq_ignore_ascii_case(&self.host)
    }
}

/// The origins that one handle may send its token to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origins(Vec<(Origin, OriginId)>);

impl Origins {
    /// The origin that a request goes to.
    #[inline]
    pub(crate) fn find(&self, uri: &Uri) -> Result<OriginId, Error> {
        let mut origins = self.0.iter();
        match origins.find(|(origin, _)| origin.holds(uri)) {
            Some((_, id)) => Ok(*id),
            None => Err(elsewhere(uri)),
        }
    }

    pub(crate) fn with(&self, origin: Origin, id: OriginId) -> Self {
        let mut origins = self.clone();
        if !origins.0.iter().any(|(known, _)| *known == origin) {
            origins.0.push((origin, id));
        }
        origins
    }
}

#[cold]
fn elsewhere(uri: &Uri) -> Error {
    match (uri.scheme_str(), uri.host()) {
        (Some(scheme), Some(host)) => Error::configuration(format!(
            "the token is not for {scheme}://{host}: name that origin with \"only\" if it may go there"
        )),
        _ => Error::configuration("a token goes to an absolute URI only: give scheme and host"),
    }
}

/// Gives every origin of a manager its number. The last one is shared by all that come too late.
#[derive(Debug, Default)]
pub(crate) struct OriginIds(Mutex<Vec<Origin>>);

impl OriginIds {
    pub(crate) const LAST: OriginId = 63;

    pub(crate) fn id(&self, origin: &Origin) -> OriginId {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = known.iter().position(|other| other == origin);
        let at = at.unwrap_or_else(|| {
            if known.len() < usize::from(Self::LAST) {
                known.push(origin.clone());
                known.len() - 1
            } else {
                known.len()
            }
        });
        OriginId::try_from(at).unwrap_or(Self::LAST)
    }

    /// Whether a request goes to the origin with this number. Of the last number nobody knows.
    pub(crate) fn check(&self, id: OriginId, uri: &Uri) -> Result<(), Error> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(usize::from(id)) {
            Some(origin) if !origin.holds(uri) => Err(elsewhere(uri)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(origin: &str, uri: &str) -> bool {
        let origins = Origins::default().with(Origin::parse(origin).unwrap(), 0);
        origins.find(&uri.parse().unwrap()).is_ok()
    }

    #[test]
    fn the_same_origin_in_other_writing() {
        assert!(check("https://api.example", "https://api.example/x?y"));
        assert!(check("https://api.example", "https://API.example:443/"));
        assert!(check("https://api.example:443", "https://api.example/"));
        assert!(check("http://[::1]:8080", "http://[::1]:8080/"));
        assert!(check("http://127.0.0.1", "http://127.0.0.1:80/"));
    }

    #[test]
    fn other_origins() {
        for uri in [
            "http://api.example/",
            "https://api.example:444/",
            "https://api.example.evil.example/",
            "https://evil.example/https://api.example",
            "https://api.example@evil.example/",
            "https://api.example:443@evil.example/",
            "/x",
            "api.example",
        ] {
            assert!(!check("https://api.example", uri), "{uri}");
        }
    }

    #[test]
    fn rejects_what_is_no_origin() {
        for text in [
            "api.example",
            "https://api.example/v1",
            "https://u@api.example",
            "http://api.example",
            "mailto:a@b",
        ] {
            assert!(Origin::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_stay_in_range() {
        let ids = OriginIds::default();
        let origin = |n: u32| Origin::parse(&format!("https://h{n}.example")).unwrap();
        let drawn: Vec<_> = (0..100).map(|n| ids.id(&origin(n))).collect();
        assert_eq!(ids.id(&origin(5)), drawn[5]);
        assert_eq!(drawn[62], 62);
        assert_eq!(drawn[99], OriginIds::LAST);
    }
}
