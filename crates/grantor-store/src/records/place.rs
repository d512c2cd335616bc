//! The store of the records of one kind, and how bytes are written to it.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::{Environment, Timestamp};
use grantor_jose::seal::SealingKey;

use super::Conflict;
use crate::error::Error;
use crate::key::{Key, Namespace};
use crate::kinds::Kind;
use crate::placement::Placement;
use crate::retry::Retry;
use crate::store::{Expect, Moment, Put, PutOutcome, RemoveOutcome, Store, Version};

/// The part of [`Records`](super::Records) that does not depend on the type of the record: compiled
/// once, rather than once for each kind.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) store: Arc<dyn Store>,
    pub(super) namespace: Namespace,
    pub(super) environment: Environment,
    pub(super) sealing_key: Option<Arc<SealingKey>>,
    pub(super) repeat_until: Option<Duration>,
}

impl Place {
    /// The place of a kind of record, or why that kind can't be kept there.
    pub(super) fn open(
        placement: &Placement,
        kind: Kind,
        name: &str,
        is_sealed: bool,
    ) -> Result<Self, String> {
        if let Some(problem) = placement.problem(kind, name, is_sealed) {
            return Err(problem);
        }
        let sealing_key = placement.sealing_key.clone();
        Ok(Self {
            store: Arc::clone(&placement.store),
            namespace: placement.namespace,
            environment: placement.environment.clone(),
            sealing_key: sealing_key.filter(|_| is_sealed),
            repeat_until: None,
        })
    }

    /// Writes a record that may not be there yet, over a dead one if need be.
    pub(super) async fn create(
        &self,
        name: &str,
        put: Put,
    ) -> Result<Result<Version, Conflict>, Error> {
        match self.put(&put).await? {
            Ok(version) => Ok(Ok(version)),
            // Rare, and boxed to leave no room for it in the future of every record.
            Err(Conflict) => Box::pin(self.take_over(name, put)).await,
        }
    }

    /// Writes a record over a dead one.
    async fn take_over(
        &self,
        name: &str,
        mut put: Put,
    ) -> Result<Result<Version, Conflict>, Error> {
        let mut retry = Retry::new(&self.environment);
        loop {
            // A dead record may be deleted between reading it and taking it over.
            put.expect = match self.store.get(&put.key).await? {
                Some(entry) if self.is_dead(entry.expires_at) => Expect::Version(entry.version),
                Some(_) => return Ok(Err(Conflict)),
                None => Expect::Absent,
            };
            retry.after_conflict(name).await?;
            if let Ok(version) = self.put(&put).await? {
                return Ok(Ok(version));
            }
        }
    }

    /// Writes a record if its expectation holds.
    pub(super) async fn put(&self, put: &Put) -> Result<Result<Version, Conflict>, Error> {
        put.check_size()?;
        let began = Moment::of(&self.environment);
        self.store.observe_time(began);
        let outcome = match self.store.put(put).await {
            Ok(outcome) => outcome,
            // Rare, and boxed to leave no room for it in the future of every write.
            Err(error) => Box::pin(self.put_again(put, began.elapsed, error)).await?,
        };
        Ok(match outcome {
            PutOutcome::Stored => Ok(put.version),
            PutOutcome::Conflict => Err(Conflict),
        })
    }

    /// Repeats a put after an error, which rule 3 makes safe.
    async fn put_again(
        &self,
        put: &Put,
        began: Duration,
        mut error: Error,
    ) -> Result<PutOutcome, Error> {
        let mut retry = Retry::of_write(&self.environment, began, self.repeat_until);
        loop {
            retry.after_error(error).await?;
            match self.store.put(put).await {
                Ok(outcome) => return Ok(outcome),
                Err(again) => error = again,
            }
        }
    }

    pub(super) async fn remove(&self, key: &Key, expect: Expect) -> Result<RemoveOutcome, Error> {
        let began = self.environment.clock.elapsed();
        let mut retry = Retry::of_write(&self.environment, began, self.repeat_until);
        loop {
            match self.store.remove(key, expect).await {
                // The try before it may have been the one that removed it.
                Ok(RemoveOutcome::Absent) if retry.has_begun() => {
                    return Ok(RemoveOutcome::Removed);
                }
                Ok(outcome) => return Ok(outcome),
                Err(error) => retry.after_error(error).await?,
            }
        }
    }

    /// Returns whether a record with this expiry is dead.
    pub(super) fn is_dead(&self, expires_at: Option<Timestamp>) -> bool {
        expires_at.is_some_and(|at| at <= self.environment.now())
    }
}
