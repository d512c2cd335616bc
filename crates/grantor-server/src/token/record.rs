use grantor_core::{Scope, Timestamp};
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};

use super::Anchor;
use crate::identifier::Identifier;

/// An opaque access token, as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AccessTokenRecord {
    /// SHA-256 of its secret.
    pub(crate) hash: String,
    pub(crate) client_id: String,
    /// The client's epoch when it was issued.
    pub(crate) client_epoch: String,
    /// The grant it was issued under; none for client credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grant: Option<Identifier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    /// The subject's epoch when it was issued, if there is no grant that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject_epoch: Option<String>,
    pub(crate) scope: Scope,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) audience: Vec<String>,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

impl AccessTokenRecord {
    /// The thing that the token depends on.
    pub(crate) fn anchor(&self) -> Anchor {
        let client = self.client_epoch.clone();
        match (self.grant, &self.subject_epoch) {
            (Some(grant), _) => Anchor::Grant(grant),
            (None, Some(subject)) => Anchor::ClientAndSubject {
                client,
                subject: subject.clone(),
            },
            (None, None) => Anchor::Client(client),
        }
    }
}

impl Record for AccessTokenRecord {
    const KIND: Kind = kinds::ACCESS_TOKENS;
    const NAME: &'static str = "an access token";

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_stored_formats_are_pinned() {
        crate::stored_formats::check::<AccessTokenRecord>();
    }
}
