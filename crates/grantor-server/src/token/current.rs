//! Whether what a token depends on is still valid: its client, its user, its grant, and the token that
//! it was issued in exchange for.

use grantor_jose::check::holds;

use super::claims::ReadClaims;
use super::{Anchor, Parent, ParentToken, Tokens};
use crate::client::Client;
use crate::error::Error;

impl Tokens {
    /// Whether a token that says everything itself is valid.
    pub(super) async fn is_valid(
        &self,
        claims: &ReadClaims,
        caller: Option<&Client>,
    ) -> Result<bool, Error> {
        let subject = Some(claims.subject.as_str());
        let (client_id, anchor) = (&claims.client_id, &claims.anchor);
        let is_kept = !self.is_revoked(&claims.id).await?;
        Ok(holds("token.revoked", is_kept)
            && self.is_current(caller, client_id, subject, anchor).await?)
    }

    /// Whether a token with this `jti` was revoked.
    async fn is_revoked(&self, jti: &str) -> Result<bool, Error> {
        let key = self.revoked.key_of_name(jti);
        Ok(self.revoked.get(&key).await?.is_some())
    }

    /// Returns whether everything that a token depends on is still valid.
    pub(super) async fn is_current(
        &self,
        caller: Option<&Client>,
        client_id: &str,
        subject: Option<&str>,
        anchor: &Anchor,
    ) -> Result<bool, Error> {
        let (client_epoch, subject_epoch) = match anchor {
            Anchor::Grant(id) => return Box::pin(self.grants.is_live(*id)).await,
            Anchor::Client(client) => (client, None),
            Anchor::ClientAndSubject { client, subject } => (client, Some(subject)),
            Anchor::Token { client, parent } => {
                // Boxed, or every other token would pay for the room of this.
                let is_valid = Box::pin(self.is_parent_valid(parent)).await?;
                if !holds("exchange.parent", is_valid) {
                    return Ok(false);
                }
                (client, None)
            }
        };
        let is_current = match caller.filter(|caller| caller.id == client_id) {
            Some(caller) => caller.epoch == *client_epoch,
            None => self.clients.is_current(client_id, client_epoch).await?,
        };
        if !is_current {
            return Ok(false);
        }
        match (subject_epoch, subject) {
            (None, _) => Ok(true),
            (Some(epoch), Some(subject)) => {
                Ok(self.revocation.epochs.subject(subject).await? == *epoch)
            }
            (Some(_), None) => Ok(false),
        }
    }

    /// Whether a token that another one was issued in exchange for is still valid. Whoever exchanged it
    /// bounded the lifetime of the other one by its own.
    async fn is_parent_valid(&self, parent: &Parent) -> Result<bool, Error> {
        let is_revoked = match &parent.token {
            ParentToken::Jwt(jti) => self.is_revoked(jti).await?,
            ParentToken::Opaque(id) => {
                let key = self.records.key(id.as_bytes());
                self.records.get(&key).await?.is_none()
            }
        };
        let (client_id, subject) = (&parent.client_id, parent.subject.as_deref());
        Ok(!is_revoked
            && self
                .is_current(None, client_id, subject, &parent.anchor)
                .await?)
    }
}
