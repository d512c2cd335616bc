//! The endpoints of a server that speaks OAuth 1.0a (RFC 5849 section 2), and the callback to the
//! client.

use grantor_core::LocalhostNames;
use grantor_core::oauth1::Callback;
use url::Url;

/// The endpoints of a server that speaks OAuth 1.0a. It has no metadata, so its documentation names
/// them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OAuth1Endpoints {
    /// Where temporary credentials are requested (RFC 5849 section 2.1): the "request token URL".
    pub temporary_credentials: String,
    /// Where the user authorizes them (section 2.2).
    pub authorization: String,
    /// Where the credentials of a token are requested (section 2.3): the "access token URL".
    pub token: String,
}

impl OAuth1Endpoints {
    /// Where temporary credentials are requested, where the user authorizes them, and where they are
    /// redeemed.
    pub fn new(
        temporary_credentials: impl Into<String>,
        authorization: impl Into<String>,
        token: impl Into<String>,
    ) -> Self {
        Self {
            temporary_credentials: temporary_credentials.into(),
            authorization: authorization.into(),
            token: token.into(),
        }
    }

    /// Answers hold secrets in the clear, so an endpoint is https or on this machine (RFC 5849
    /// section 2.1).
    pub(super) fn check(
        self,
        names: LocalhostNames,
        problems: &mut Vec<String>,
    ) -> Option<CheckedEndpoints> {
        let mut read = |name: &str, text: &str| match Url::parse(text) {
            Ok(url) if names.is_secure(&url) => Some(url),
            Ok(_) => {
                problems.push(format!("{name:?}: use https, or a loopback address"));
                None
            }
            Err(error) => {
                problems.push(format!("{name:?} is not a URL: {error}"));
                None
            }
        };
        let temporary_credentials = read("temporary_credentials", &self.temporary_credentials);
        let authorization = read("authorization", &self.authorization);
        let token = read("token", &self.token);
        Some(CheckedEndpoints {
            temporary_credentials: temporary_credentials?,
            authorization: authorization?,
            token: token?,
        })
    }
}

/// Endpoints that were read.
#[derive(Debug, Clone)]
pub(super) struct CheckedEndpoints {
    pub(super) temporary_credentials: Url,
    pub(super) authorization: Url,
    pub(super) token: Url,
}

/// Reads a callback.
pub(super) fn callback(text: &str, problems: &mut Vec<String>) -> Option<Callback> {
    if text == "oob" {
        return Some(Callback::OutOfBand);
    }
    let url = Url::parse(text).map_err(|error| {
        problems.push(format!(
            "the callback is not a URL ({error}), and not \"oob\""
        ));
    });
    url.ok().map(Callback::Url)
}
