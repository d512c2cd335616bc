//! The refresh tokens of grants.

use grantor_core::{Secret, Timestamp};

use super::Grants;
use crate::error::Error;
use crate::grant::{
    Grant, GrantState, PreviousRefreshToken, RefreshClaims, RefreshState, RefreshTokenText,
};
use crate::identifier::Identifier;

impl Grants {
    /// The state of a grant that had no code, before [`live`](Self::live).
    pub(crate) fn opened(&self) -> GrantState {
        GrantState::Live {
            code: None,
            refresh: None,
        }
    }

    /// The state of a grant that now has tokens.
    pub(crate) fn live(&self, grant: &Grant, refresh: Option<RefreshState>) -> GrantState {
        GrantState::Live {
            code: grant.code().cloned(),
            refresh,
        }
    }

    /// The state of a new refresh token, its first generation.
    pub(crate) fn first_refresh_state(&self, now: Timestamp) -> RefreshState {
        self.refresh_state(0, None, now)
    }

    /// The state of the refresh token that follows `generation` with `nonce`.
    pub(crate) fn rotated(&self, generation: u32, nonce: [u8; 16], now: Timestamp) -> RefreshState {
        let previous = PreviousRefreshToken {
            nonce,
            rotated_at: now,
        };
        self.refresh_state(generation.saturating_add(1), Some(previous), now)
    }

    fn refresh_state(
        &self,
        generation: u32,
        previous: Option<PreviousRefreshToken>,
        now: Timestamp,
    ) -> RefreshState {
        RefreshState {
            generation,
            nonce: self.environment.random_bytes(),
            issued_at: now,
            key: self.keys.newest_mac().0,
            last_used: now,
            used: false,
            previous,
        }
    }

    /// The refresh token that is valid now; none if the grant has none.
    pub(crate) fn refresh_token(
        &self,
        id: Identifier,
        grant: &Grant,
    ) -> Result<Option<Secret>, Error> {
        let Some(state) = grant.refresh_state() else {
            return Ok(None);
        };
        let claims = RefreshClaims {
            grant: id,
            generation: state.generation,
            nonce: state.nonce,
            issued_at: state.issued_at,
            key: state.key,
        };
        let key = self.keys.mac(state.key);
        let key = key.ok_or_else(|| Error::Internal("a refresh token's key is gone".to_owned()))?;
        Ok(Some(claims.sign(key, &grant.salt, self.issuer.as_str())))
    }

    /// The claims of a refresh token, if this server issued it for this grant.
    pub(crate) fn verify(
        &self,
        presented: &RefreshTokenText,
        grant: &Grant,
    ) -> Option<RefreshClaims> {
        let key = self.keys.mac(presented.claims.key)?;
        presented.verify(key, &grant.salt, self.issuer.as_str())
    }

    /// The grant of a refresh token that this server issued, whatever its generation.
    pub(crate) async fn of_refresh_token(
        &self,
        presented: &RefreshTokenText,
    ) -> Result<Option<Grant>, Error> {
        let found = self.find(presented.claims.grant).await?;
        let grant = found.map(|versioned| versioned.record);
        Ok(grant.filter(|grant| self.verify(presented, grant).is_some()))
    }
}
