//! What is known of the logins in a store, so that a label is enough to use one.

use std::path::PathBuf;

use grantor_core::Timestamp;
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};

/// The logins of one store. Their tokens are records of the client library, which no label finds without
/// the server and the client.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct SavedLogins {
    pub(super) logins: Vec<SavedLogin>,
}

/// One login: where it was begun, by which client, and for what. Secrets of the client are in files of
/// the user's, which it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::command) struct SavedLogin {
    pub(in crate::command) label: String,
    pub(in crate::command) issuer: String,
    pub(in crate::command) client_id: String,
    pub(in crate::command) signed_in_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::command) metadata_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::command) auth_method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::command) secret_file: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::command) client_key: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::command) client_key_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::command) client_certificate: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::command) client_certificate_key: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::command) ca_file: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::command) scope: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::command) resources: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::command) audiences: Vec<String>,
    /// Whether the tokens are bound to a key that is kept with them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::command) dpop: bool,
    /// The key that they are bound to, where the user keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::command) dpop_key: Option<PathBuf>,
    /// Who signed in, if an ID token says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::command) subject: Option<String>,
}

impl Record for SavedLogins {
    const KIND: Kind = kinds::SAVED_LOGINS;
    const NAME: &'static str = "the list of logins";
    const SEALED: bool = true;

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

#[cfg(test)]
mod tests {
    use grantor_store::contract::assert_own_formats;

    use super::*;

    #[test]
    fn its_stored_format_is_pinned() {
        assert_own_formats::<SavedLogins>();
    }
}
