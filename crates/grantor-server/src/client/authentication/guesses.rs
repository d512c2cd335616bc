//! The limit of wrong client secrets.

use grantor_jose::check::holds;
use http::request::Parts;

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

    pub(super) async fn is_limit_reached(&self) -> Result<bool, Error> {
        match self.name() {
            Some(name) => {
                self.limits
                    .is_reached(Bucket::WrongClientSecrets, &name)
                    .await
            }
            None => Ok(false),
        }
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
