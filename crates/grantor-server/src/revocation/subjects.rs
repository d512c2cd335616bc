//! Revocation of users and sessions without a running server.

use grantor_store::{Diagnostics, Stores};
use serde::{Deserialize, Serialize};

use super::Epochs;
use crate::build_error::BuildError;
use crate::error::Error;

/// The users of the servers on some stores, and what was revoked of theirs: for a site, whose sessions
/// end with it, and for a program that administers these stores and is no server itself. A subject
/// revoked here is revoked under every issuer of these stores; a running server notices within a
/// second.
#[derive(Debug)]
pub struct Subjects(Epochs);

/// A mark of all that was revoked of a user until now. A site keeps it in a session, and the session
/// is over when the mark is no longer the current one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RevocationEpoch(String);

impl RevocationEpoch {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Subjects {
    /// The users of the servers on `stores`.
    ///
    /// # Errors
    /// The stores can't carry revocation epochs.
    pub fn open(stores: &Stores) -> Result<Self, BuildError> {
        let mut diagnostics = Diagnostics::default();
        let epochs = Epochs::prepare(stores, &mut diagnostics);
        let opened = epochs.map(Self);
        opened.ok_or_else(|| BuildError::new(diagnostics.problems))
    }

    /// The current mark of a user, for a session that begins now.
    ///
    /// # Errors
    /// The store failed.
    pub async fn epoch(&self, subject: &str) -> Result<RevocationEpoch, Error> {
        self.0.subject_now(subject).await.map(RevocationEpoch)
    }

    /// Returns whether a session that began at `epoch` is still valid: since then neither it was
    /// revoked ([`Target::Session`](crate::Target::Session)) nor its user
    /// ([`Target::Subject`](crate::Target::Subject)). The answer is at most a second old.
    ///
    /// # Errors
    /// The store failed.
    pub async fn is_session_current(
        &self,
        session: &str,
        subject: &str,
        epoch: &RevocationEpoch,
    ) -> Result<bool, Error> {
        Ok(self.0.session(session).await?.is_empty() && self.0.subject(subject).await? == epoch.0)
    }

    /// Revokes every token of a user. A JWT that is verified offline stays valid until it expires.
    ///
    /// # Errors
    /// The store failed.
    pub async fn revoke(&self, subject: &str) -> Result<(), Error> {
        self.0.revoke_subject(subject).await
    }

    /// Like [`Server::remove_subject`](crate::Server::remove_subject).
    ///
    /// # Errors
    /// The store failed, or `remove` did.
    pub async fn remove<T, E: From<Error>>(
        &self,
        subject: &str,
        remove: impl AsyncFnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.0.remove_subject(subject, remove).await
    }
}
