//! The limit of wrong client secrets.

use grantor_jose::check::holds;
use http::request::Parts;

use crate::client::Credentials;
use crate::error::Error;
use crate::limits::{Bucket, Limits};

/// The wrong secrets of one client from one address. Guessing stops nobody else.
pub(super) struct Guesses<'a> {
    limits: &'a Limits,
    head: &'a Parts,
    client_id: &'a str,
}

impl<'a> Guesses<'a> {
    pub(super) fn of(limits: &'a Limits, head: &'a Parts, client_id: &'a str) -> Self {
        Self {
            limits,
            head,
            client_id,
        }
    }

    /// Returns whether the right secret is refused too after too many wrong ones. A generated secret is
    /// not: it can't be guessed, and an attacker at the same address would lock its client out. As long as
    /// nothing was counted lately, the counter need not be asked.
    pub(super) fn may_stop(&self, credentials: &Credentials) -> bool {
        self.limits.is_counting(Bucket::WrongClientSecrets) && credentials.has_chosen()
    }

    /// Returns whether the limit is reached. It counts nothing.
    pub(super) async fn are_too_many(&self) -> Result<bool, Error> {
        let Some(name) = self.name() else {
            return Ok(false);
        };
        let reached = self.limits.is_reached(Bucket::WrongClientSecrets, &name);
        Ok(!holds("client.guesses", !reached.await?))
    }

    /// Counts a wrong secret. Whether it is within the limit.
    pub(super) async fn is_within_limit(&self) -> Result<bool, Error> {
        match self.name() {
            Some(name) => {
                let within = self.limits.try_now(Bucket::WrongClientSecrets, &name);
                Ok(holds("client.guesses", within.await?))
            }
            None => Ok(true),
        }
    }

    fn name(&self) -> Option<String> {
        Some(format!(
            "{}:{}",
            self.limits.address(self.head)?,
            self.client_id
        ))
    }
}
