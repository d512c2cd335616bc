//! Grants: whether they hold, their refresh tokens, their end.

use grantor_core::{Secret, Timestamp};
use grantor_store::Versioned;

use super::{GrantRecord, GrantState, RefreshClaims, RefreshState};
use crate::Error;
use crate::server::Inner;
use crate::token::Identifier;

impl Inner {
    /// Whether everything that a grant hangs on still stands.
    pub(crate) async fn anchors_hold(&self, grant: &GrantRecord) -> Result<bool, Error> {
        let anchors = &grant.anchors;
        let Some(client) = self.clients.find(&grant.client_id).await? else {
            return Ok(false);
        };
        if client.epoch != anchors.client {
            return Ok(false);
        }
        let consent = self
            .epochs
            .consent(&grant.subject, &grant.client_id)
            .await?;
        if consent.as_deref() != Some(anchors.consent.as_str()) {
            return Ok(false);
        }
        if self.epochs.subject(&grant.subject).await? != anchors.subject {
            return Ok(false);
        }
        match &anchors.session {
            Some((session, epoch)) => Ok(self.epochs.session(session).await? == *epoch),
            None => Ok(true),
        }
    }

    /// The grant, if it is live and everything that it hangs on stands.
    pub(crate) async fn live_grant(&self, id: Identifier) -> Result<Option<GrantRecord>, Error> {
        let key = self.grant_records.key(id.as_bytes());
        let Some(Versioned { record, .. }) = self.grant_records.get(&key).await? else {
            return Ok(None);
        };
        let live = matches!(record.state, GrantState::Live { .. });
        Ok((live && self.anchors_hold(&record).await?).then_some(record))
    }

    /// Ends a grant: one write, whatever state it is in.
    pub(crate) async fn end_grant(&self, id: Identifier, reason: &str) -> Result<(), Error> {
        let key = self.grant_records.key(id.as_bytes());
        let Some(Versioned { record, .. }) = self.grant_records.get(&key).await? else {
            return Ok(());
        };
        if matches!(record.state, GrantState::Ended { .. }) {
            return Ok(());
        }
        let now = self.environment.now();
        let ended = GrantRecord {
            state: GrantState::Ended {
                at: now,
                reason: reason.to_owned(),
            },
            expires_at: record
                .expires_at
                .max(now + self.config.access_token_lifetime),
            ..record
        };
        self.grant_records.overwrite(&key, &ended).await?;
        tracing::info!(target: "grantor::audit", grant = %id, client = %ended.client_id, reason, "grant ended");
        Ok(())
    }

    /// The state of a new refresh token, its first generation.
    pub(crate) fn first_refresh_state(&self, now: Timestamp) -> RefreshState {
        RefreshState {
            generation: 0,
            nonce: self.environment.random_bytes(),
            issued_at: now,
            key: self.keys.newest_mac().0,
            last_used: now,
            used: false,
            previous: None,
        }
    }

    /// The refresh token that is good now; none if the grant has none.
    pub(crate) fn refresh_token_of(
        &self,
        id: Identifier,
        grant: &GrantRecord,
    ) -> Result<Option<Secret>, Error> {
        let GrantState::Live {
            refresh: Some(state),
            ..
        } = &grant.state
        else {
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
        let issuer = self.config.issuer.as_str();
        Ok(Some(claims.sign(key, &grant.salt, issuer)))
    }
}
