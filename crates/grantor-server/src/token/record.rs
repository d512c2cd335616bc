use grantor_core::{Scope, Timestamp};
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};

use crate::token::Identifier;

/// An opaque access token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AccessTokenRecord {
    /// SHA-256 of its secret.
    pub(crate) hash: String,
    pub(crate) client_id: String,
    /// The client's epoch when it was issued.
    pub(crate) client_epoch: String,
    /// The grant it hangs on; none for client credentials, which hang on the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grant: Option<Identifier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    /// The subject's epoch when it was issued, if no grant knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject_epoch: Option<String>,
    pub(crate) scope: Scope,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) audience: Vec<String>,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

impl Record for AccessTokenRecord {
    const KIND: Kind = kinds::ACCESS_TOKENS;
    const NAME: &'static str = "an access token";

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}
