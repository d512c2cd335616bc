//! Reading and writing of grants.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::{Environment, Issuer};
use grantor_jose::check::{holds, is_off};
use grantor_store::{Conflict, Record, Records, Version, Versioned};

use super::{EndReason, Grant, GrantOfSubject, GrantState};
use crate::client::Clients;
use crate::error::Error;
use crate::identifier::Identifier;
use crate::key::Keys;
use crate::revocation::Revocation;

mod refresh_tokens;

/// The grants, and the only place that writes them.
#[derive(Debug)]
pub(crate) struct Grants {
    pub(crate) records: Records<Grant>,
    pub(crate) by_subject: Records<GrantOfSubject>,
    pub(crate) clients: Arc<dyn Clients>,
    pub(crate) revocation: Arc<Revocation>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) issuer: Issuer,
    pub(crate) environment: Environment,
    /// The longest an access token lives after its grant has ended.
    pub(crate) access_token_lifetime: Duration,
    /// How long after its start a request repeats a write whose outcome is unknown.
    pub(crate) request_deadline: Duration,
}

/// A grant as it was read; none if there is none.
#[derive(Debug)]
pub(crate) struct ReadGrant {
    pub(crate) id: Identifier,
    pub(crate) grant: Option<Versioned<Grant>>,
}

/// A time of the clock: until then a write whose outcome is unknown is repeated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Duration);

impl Deadline {
    /// Records whose writes are repeated until then.
    pub(crate) fn repeat<R: Record>(self, records: &Records<R>) -> Records<R> {
        records.repeat_until(self.0)
    }
}

impl Grants {
    /// A grant as it is stored, whatever its state.
    pub(crate) async fn find(&self, id: Identifier) -> Result<Option<Versioned<Grant>>, Error> {
        let key = self.records.key(id.as_bytes());
        Ok(self.records.get(&key).await?)
    }

    /// Returns whether client, consent, subject and session of a grant are those that it was made
    /// under. They are read at the same time: one wait for the store.
    pub(crate) async fn is_current(&self, grant: &Grant) -> Result<bool, Error> {
        let under = &grant.under;
        let (same_client, same_consent, (same_subject, same_session)) = tokio::try_join!(
            self.clients.is_current(&grant.client_id, &under.client),
            self.has_same_consent(grant),
            self.has_same_epochs(grant),
        )?;
        Ok(holds("grant.client", same_client)
            && holds("grant.consent", same_consent)
            && holds("grant.subject", same_subject)
            && holds("grant.session", same_session))
    }

    async fn has_same_consent(&self, grant: &Grant) -> Result<bool, Error> {
        let Some(consent) = &grant.under.consent else {
            return Ok(true);
        };
        let consents = &self.revocation.consents;
        let now = consents.epoch(&grant.subject, &grant.client_id).await?;
        Ok(now.as_ref() == Some(consent))
    }

    /// Whether the epochs of the subject and of the session are the same.
    async fn has_same_epochs(&self, grant: &Grant) -> Result<(bool, bool), Error> {
        let (under, epochs) = (&grant.under, &self.revocation.epochs);
        let Some((session, epoch)) = &under.session else {
            let subject = epochs.subject(&grant.subject).await?;
            return Ok((subject == under.subject, true));
        };
        let now = epochs.subject_and_session(&grant.subject, session).await?;
        Ok((now.0 == under.subject, now.1 == *epoch))
    }

    /// Returns whether a grant has tokens and they are valid.
    pub(crate) async fn is_live(&self, id: Identifier) -> Result<bool, Error> {
        let Some(Versioned { record, .. }) = self.find(id).await? else {
            return Ok(false);
        };
        let is_live = holds("grant.ended", record.is_live());
        Ok(is_live && self.is_current(&record).await?)
    }

    /// When a request that begins now stops repeating the write that decides it.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline(self.environment.clock.elapsed() + self.request_deadline)
    }

    /// Creates a grant. Of several with one identifier, one is stored.
    pub(crate) async fn create(
        &self,
        id: Identifier,
        grant: &Grant,
        deadline: Deadline,
    ) -> Result<Result<(), Conflict>, Error> {
        let records = self.records.repeat_until(deadline.0);
        let key = records.key(id.as_bytes());
        Ok(records.create(&key, grant).await?.map(|_| ()))
    }

    /// Moves a grant on from the version that was read: the put that decides a redemption or a
    /// rotation.
    pub(crate) async fn change(
        &self,
        id: Identifier,
        next: &Grant,
        read: Version,
        deadline: Deadline,
    ) -> Result<Result<(), Conflict>, Error> {
        let records = self.records.repeat_until(deadline.0);
        let key = records.key(id.as_bytes());
        if is_off("grant.conditional_put") {
            return Ok(Ok(records.overwrite(&key, next).await?));
        }
        Ok(records.update(&key, next, read).await?.map(|_| ()))
    }

    /// Ends a grant: one write, whatever state it is in. The grant as it was; none if there was none
    /// to end.
    pub(crate) async fn end(
        &self,
        id: Identifier,
        reason: EndReason,
    ) -> Result<Option<Grant>, Error> {
        let key = self.records.key(id.as_bytes());
        let Some(Versioned { record, .. }) = self.records.get(&key).await? else {
            return Ok(None);
        };
        if record.is_ended() {
            return Ok(None);
        }
        let now = self.environment.now();
        let ended = Grant {
            state: GrantState::Ended {
                at: now,
                reason: reason.as_str().to_owned(),
            },
            // That of a grant without an end may go, too.
            expires_at: Some(
                record
                    .expires_at
                    .unwrap_or(now)
                    .max(now + self.access_token_lifetime),
            ),
            ..record.clone()
        };
        let records = self.records.repeat_until(self.deadline().0);
        records.overwrite(&key, &ended).await?;
        self.unlist(id, &record).await;
        Ok(Some(record))
    }
}
