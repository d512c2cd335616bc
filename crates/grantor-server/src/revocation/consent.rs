use grantor_core::{Scope, Timestamp};
use grantor_store::{Class, Record};
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

impl ConsentRecord {
    /// The name of its key.
    pub(crate) fn name(subject: &str, client_id: &str) -> String {
        format!("{}:{subject}{client_id}", subject.len())
    }
}

impl Record for ConsentRecord {
    const KIND: [u8; 2] = *b"co";
    const NAME: &'static str = "a consent";
    const CLASS: Class = Class::Transition;

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}
