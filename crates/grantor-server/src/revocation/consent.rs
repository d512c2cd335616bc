use grantor_core::{Scope, Timestamp};
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};

/// What a subject has allowed a client, remembered. Its epoch is in every grant made under it, so
/// that one write takes them all back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ConsentRecord {
    pub(crate) client_id: String,
    /// The client's epoch: another client with the same identifier starts from nothing.
    #[serde(default)]
    pub(crate) client_epoch: String,
    pub(crate) subject: String,
    pub(crate) scope: Scope,
    pub(crate) epoch: String,
    pub(crate) given_at: Timestamp,
}

impl Record for ConsentRecord {
    const KIND: Kind = kinds::CONSENTS;
    const NAME: &'static str = "a consent";

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}
