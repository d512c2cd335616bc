//! The stored record of a grant.

use grantor_core::{CodeChallenge, Scope, Timestamp};
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::EndReason;

/// One authorization: each login on each device has its own. Its tokens are valid only while it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Grant {
    /// The client that it was given to.
    pub client_id: String,
    /// The grant type that it was given by, as on the wire; `authorization_code`, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// The user who gave it.
    pub subject: String,
    /// The scope that was allowed.
    pub scope: Scope,
    /// The resources that the request named (RFC 8707); none, if it named none.
    #[serde(default)]
    pub resources: Vec<String>,
    /// The epochs that it was made under.
    #[serde(rename = "anchors")]
    pub under: GrantedUnder,
    /// When the user last proved who they are.
    pub auth_time: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// Further claims of its tokens.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub claims: Map<String, Value>,
    /// Part of the MAC of each of its refresh tokens.
    pub(crate) salt: [u8; 16],
    /// The thumbprint of the key that its refresh tokens are bound to (RFC 9449 section 5). Those of a
    /// client that authenticates are bound to the client instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop_jkt: Option<String>,
    /// Its state.
    pub state: GrantState,
    /// Until when it is on the list of its subject.
    #[serde(default)]
    pub(crate) listed_until: Timestamp,
    /// When its record may go; never, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// The epochs that a grant was made under; it is valid only while they are current.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GrantedUnder {
    /// The client's.
    pub client: String,
    /// The epoch of the user's consent. A grant that needed none, of an own grant type, has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// The user's.
    pub subject: String,
    /// The session's identifier and its epoch; none for offline access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<(String, String)>,
}

/// The state of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GrantState {
    /// The user has decided, and the client may redeem the code.
    Code(CodeState),
    /// The user has decided, and the device that waits may fetch its tokens (RFC 8628).
    Approved {
        /// Until when.
        until: Timestamp,
    },
    /// It has tokens.
    Live {
        /// The code that was redeemed, to tell a replay from a guess; none, if it had no code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<CodeState>,
        /// Its refresh token; none, if it has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refresh: Option<RefreshState>,
    },
    /// It is worth nothing any more. The record is kept until its last access token has expired.
    Ended {
        /// When it ended.
        at: Timestamp,
        /// The name of an [`EndReason`].
        reason: String,
    },
}

/// A code, and what its redemption must prove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CodeState {
    /// SHA-256 of the code's secret.
    pub(crate) hash: String,
    /// The redirect URI as the authorization request had it; absent if it had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// The PKCE challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<CodeChallenge>,
    /// The thumbprint of the key that the code is bound to (RFC 9449 section 10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop_jkt: Option<String>,
    /// When the code expires.
    pub expires_at: Timestamp,
}

/// The refresh token that is valid now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RefreshState {
    /// Counts rotations.
    pub generation: u32,
    pub(crate) nonce: [u8; 16],
    /// When this generation was issued.
    pub issued_at: Timestamp,
    /// The MAC key.
    pub(crate) key: u16,
    /// When it was last used, for the lifetime of a token that is not rotated.
    pub last_used: Timestamp,
    /// True if this generation has been presented since it was issued.
    #[serde(default)]
    pub(crate) used: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<PreviousRefreshToken>,
}

/// The refresh token before the current one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PreviousRefreshToken {
    pub(crate) nonce: [u8; 16],
    /// When it was first replaced; a retry does not move it.
    pub(crate) rotated_at: Timestamp,
}

impl Grant {
    /// The grant type that it was given by, as on the wire.
    #[must_use]
    pub fn grant_type(&self) -> &str {
        self.grant_type.as_deref().unwrap_or(AUTHORIZATION_CODE)
    }

    /// A grant type as the record has it.
    pub(crate) fn stored_grant_type(name: &str) -> Option<String> {
        (name != AUTHORIZATION_CODE).then(|| name.to_owned())
    }

    /// Returns whether it has tokens.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.state, GrantState::Live { .. })
    }

    /// Returns whether it has ended.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        matches!(self.state, GrantState::Ended { .. })
    }

    /// Its refresh token; none, if it has none.
    #[must_use]
    pub fn refresh_state(&self) -> Option<&RefreshState> {
        match &self.state {
            GrantState::Live { refresh, .. } => refresh.as_ref(),
            _ => None,
        }
    }

    /// Its code, redeemed or not.
    #[must_use]
    pub fn code(&self) -> Option<&CodeState> {
        match &self.state {
            GrantState::Code(code) => Some(code),
            GrantState::Live { code, .. } => code.as_ref(),
            GrantState::Approved { .. } | GrantState::Ended { .. } => None,
        }
    }

    /// Returns whether it ended for this reason.
    #[must_use]
    pub fn ended_by(&self, reason: EndReason) -> bool {
        matches!(&self.state, GrantState::Ended { reason: own, .. } if own == reason.as_str())
    }
}

/// The grant type of most grants, which their records leave out.
const AUTHORIZATION_CODE: &str = "authorization_code";

impl Record for Grant {
    const KIND: Kind = kinds::GRANTS;
    const NAME: &'static str = "a grant";

    fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<Grant>();
    }
}
