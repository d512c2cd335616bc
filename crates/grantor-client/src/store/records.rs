//! The records of the store.

use std::fmt;

use grantor_core::{Secret, Timestamp};
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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
    }
}
