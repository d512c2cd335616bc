use grantor_store::{Diagnostics, Stores};

use super::Epochs;
use crate::build_error::BuildError;
use crate::error::Error;

/// The tokens of users, for a program that administers the stores of servers and is none itself. What
/// it revokes is revoked under every issuer of these stores; a running server notices within a
/// second.
#[derive(Debug)]
pub struct Subjects(Epochs);

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

    /// Revokes every token of a user. A JWT that is verified offline stays valid until it expires.
    ///
    /// # Errors
    /// The store failed.
    pub async fn revoke(&self, subject: &str) -> Result<(), Error> {
        self.0.revoke_subject(subject).await
    }

    /// As [`Server::remove_subject`](crate::Server::remove_subject).
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
