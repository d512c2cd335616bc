//! The records of the store.

use std::fmt;

use grantor_core::{Secret, Timestamp};
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use crate::token::dpop_key::DpopKey;

/// One login: its refresh token, and how often that was renewed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct LoginRecord {
    /// Drawn when the user signed in; another one is another login.
    pub(crate) login_id: String,
    /// Grows with every refresh token: between two records of one login the higher one is newer.
    pub(crate) rotation: u64,
    /// None once the server refused it.
    pub(crate) refresh_token: Option<String>,
    /// When the refresh token ends; unknown, if absent.
    #[serde(default)]
    pub(crate) refresh_expires_at: Option<Timestamp>,
    /// The number of the lease under which it was written.
    #[serde(default)]
    pub(crate) fence: u64,
    /// SHA-256 of the refresh token that it began with, to recognise it when it is handed in again.
    #[serde(default)]
    pub(crate) initial_fingerprint: String,
    /// Fingerprints of the refresh tokens that were spent last, of which a program may have kept one.
    #[serde(default)]
    pub(crate) spent_fingerprints: Vec<String>,
    /// The key that its tokens are bound to.
    #[serde(flatten)]
    pub(crate) bound_to: BoundTo,
    /// The ID token that it began with: those of renewals are of the same user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id_token: Option<String>,
    /// Where it was begun, if that was found out from a resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) resource_login: Option<Box<ResourceLogin>>,
}

/// The authorization server of a login that a resource named, and what was requested there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ResourceLogin {
    /// The server's issuer; of a server without metadata, the origin of the resource.
    pub(crate) issuer: String,
    /// The client that the refresh token was given to.
    pub(crate) client_id: String,
    /// The resource as its metadata calls it.
    pub(crate) resource: String,
    /// Where its metadata is, if a challenge said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) resource_metadata: Option<Url>,
    /// All scope values that were requested so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
}

/// A client that registered itself at one server (RFC 7591).
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct RegistrationRecord {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    #[serde(default)]
    pub(crate) client_secret: Option<String>,
    /// When the secret ends; it does not, if absent.
    #[serde(default)]
    pub(crate) client_secret_expires_at: Option<Timestamp>,
    /// How it authenticates.
    #[serde(default)]
    pub(crate) token_endpoint_auth_method: Option<String>,
    /// The token by which the registration can be changed (RFC 7592), and where.
    #[serde(default)]
    pub(crate) registration_access_token: Option<String>,
    #[serde(default)]
    pub(crate) registration_client_uri: Option<Url>,
}

/// One access token.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AccessTokenRecord {
    pub(crate) access_token: String,
    /// How it is used; `Bearer`, if absent.
    #[serde(default)]
    pub(crate) token_type: Option<String>,
    #[serde(default)]
    pub(crate) scope: Option<String>,
    pub(crate) obtained_at: Timestamp,
    #[serde(default)]
    pub(crate) expires_at: Option<Timestamp>,
    /// After how many milliseconds the server wants it renewed.
    #[serde(default)]
    pub(crate) refresh_in: Option<u64>,
    /// The login that it is of.
    #[serde(default)]
    pub(crate) login_id: Option<String>,
    /// The further members of the server's answer.
    #[serde(default)]
    pub(crate) extra: Map<String, Value>,
    /// The key that it is bound to.
    #[serde(flatten)]
    pub(crate) bound_to: BoundTo,
}

/// The key that tokens are bound to (RFC 9449).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BoundTo {
    /// Its thumbprint; absent, if they are not bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dpop_jkt: Option<String>,
    /// The private key; absent, if the program keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dpop_key: Option<String>,
}

impl BoundTo {
    pub(crate) fn key(key: Option<&DpopKey>) -> Self {
        let Some(key) = key else {
            return Self::default();
        };
        Self {
            dpop_jkt: Some(key.thumbprint().to_owned()),
            dpop_key: key.to_stored().map(|jwk| jwk.expose().to_owned()),
        }
    }
}

/// The process that renews.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LeaseRecord {
    /// One higher than that of the holder before.
    pub(crate) fence: u64,
    pub(crate) held_until: Timestamp,
    /// Long after `held_until`, so that the fencing number is kept.
    pub(crate) expires_at: Timestamp,
}

impl LoginRecord {
    /// The refresh token, unless the server said that it has ended by now.
    pub(crate) fn usable_refresh_token(&self, now: Timestamp) -> Option<Secret> {
        let ended = self.refresh_expires_at.is_some_and(|end| end <= now);
        let token = self.refresh_token.as_deref().filter(|_| !ended);
        token.map(Secret::from)
    }
}

impl Record for LoginRecord {
    const KIND: Kind = kinds::LOGINS;
    const NAME: &'static str = "a login of a client";
    const SEALED: bool = true;

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

impl Record for RegistrationRecord {
    const KIND: Kind = kinds::REGISTRATIONS;
    const NAME: &'static str = "a client's registration at a server";
    const SEALED: bool = true;

    fn expires_at(&self) -> Option<Timestamp> {
        self.client_secret_expires_at
    }
}

impl Record for AccessTokenRecord {
    const KIND: Kind = kinds::CACHED_TOKENS;
    const NAME: &'static str = "an access token of a client";
    const SEALED: bool = true;

    fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

impl Record for LeaseRecord {
    const KIND: Kind = kinds::LEASES;
    const NAME: &'static str = "a lease of a client";

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl fmt::Debug for LoginRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginRecord")
            .field("rotation", &self.rotation)
            .field("ended", &self.refresh_token.is_none())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RegistrationRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistrationRecord")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AccessTokenRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTokenRecord")
            .field("obtained_at", &self.obtained_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use grantor_store::contract::assert_own_formats;

    use super::*;

    #[test]
    fn their_stored_formats_are_pinned() {
        assert_own_formats::<LoginRecord>();
        assert_own_formats::<AccessTokenRecord>();
        assert_own_formats::<LeaseRecord>();
        assert_own_formats::<RegistrationRecord>();
    }
}
