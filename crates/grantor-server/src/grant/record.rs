use grantor_core::{CodeChallenge, Scope, Timestamp};
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};

/// One authorization: each login on each device. The anchor of all its tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct GrantRecord {
    pub(crate) client_id: String,
    pub(crate) subject: String,
    pub(crate) scope: Scope,
    #[serde(default)]
    pub(crate) resources: Vec<String>,
    pub(crate) anchors: Anchors,
    pub(crate) auth_time: Timestamp,
    pub(crate) created_at: Timestamp,
    /// In the MAC of every refresh token of this grant.
    pub(crate) salt: [u8; 16],
    pub(crate) state: GrantState,
    pub(crate) expires_at: Timestamp,
}

/// The epochs that a grant was made under.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Anchors {
    pub(crate) client: String,
    pub(crate) consent: String,
    pub(crate) subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<(String, String)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GrantState {
    /// The user has decided, the client has a code.
    Code(CodeState),
    /// The code was redeemed.
    Live {
        /// For telling a replay from a guess.
        code_hash: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refresh: Option<RefreshState>,
    },
    /// Nothing of it is good any more. Kept until its last access token would have expired.
    Ended { at: Timestamp, reason: String },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CodeState {
    pub(crate) hash: String,
    /// As the authorization request had it; absent if it had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) redirect_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) challenge: Option<CodeChallenge>,
    pub(crate) expires_at: Timestamp,
}

/// The refresh token that is good now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefreshState {
    pub(crate) generation: u32,
    pub(crate) nonce: [u8; 16],
    pub(crate) issued_at: Timestamp,
    /// The MAC key.
    pub(crate) key: u16,
    /// For sliding expiry without rotation.
    pub(crate) last_used: Timestamp,
    /// Whether this generation has been presented since it was issued.
    #[serde(default)]
    pub(crate) used: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<Previous>,
}

/// The refresh token before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Previous {
    pub(crate) nonce: [u8; 16],
    /// When it was first rotated away from; a retry does not move it.
    pub(crate) rotated_at: Timestamp,
}

impl Record for GrantRecord {
    const KIND: Kind = kinds::GRANTS;
    const NAME: &'static str = "a grant";

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}
