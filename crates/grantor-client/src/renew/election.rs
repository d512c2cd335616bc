//! Whose turn it is to renew: adopt what others have stored meanwhile, or hold the lease.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::Secret;
use tokio::time::Instant;

use super::lease::{Held, Queue};
use crate::cache::slot::Slot;
use crate::error::Error;
use crate::token::cached_token::Current;

/// How long a store may take before a token is used that it has not got.
pub(crate) const STORE_TIME: Duration = Duration::from_secs(2);

/// What waiting for one's turn ends with.
pub(crate) enum Turn<'a> {
    /// Somebody else has brought a token.
    Adopted(Arc<Current>),
    /// It is for us to renew, under a lease if there are others.
    Ours(Option<Held<'a>>),
}

/// Waits until nobody else renews, and looks for what they have brought. The last look is within
/// the lease.
pub(crate) async fn wait_for_lease<'a>(
    slot: &'a Arc<Slot>,
    login_id: Option<&str>,
    avoid: Option<&Secret>,
) -> Result<Turn<'a>, Error> {
    let storage = &slot.manager.storage;
    let environment = &slot.manager.shared.environment;
    let Some(leases) = &storage.leases else {
        // Nobody else could have brought anything that a failing store would hide.
        let adopted = adopt(slot, login_id, avoid).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the store of tokens failed, going on without it");
            None
        });
        return Ok(adopted.map_or(Turn::Ours(None), Turn::Adopted));
    };
    if let Some(current) = adopt(slot, login_id, avoid).await? {
        return Ok(Turn::Adopted(current));
    }
    let mut queue = Queue::new(leases, storage.lease_key(leases, &slot.ask), environment);
    let policy = &slot.manager.policy;
    let patience = policy.retry.limit.saturating_add(policy.request_timeout);
    let began = Instant::now();
    loop {
        let held = in_time(queue.attempt()).await?;
        let adopted = adopt(slot, login_id, avoid).await?;
        match (held, adopted) {
            (Some(held), Some(current)) => {
                held.release().await;
                return Ok(Turn::Adopted(current));
            }
            (None, Some(current)) => return Ok(Turn::Adopted(current)),
            (Some(held), None) => return Ok(Turn::Ours(Some(held))),
            (None, None) if began.elapsed() >= patience => {
                return Err(Error::transient(
                    "another process renews the token and does not come to an end; try again",
                ));
            }
            (None, None) => queue.pause().await,
        }
    }
}

async fn adopt(
    slot: &Arc<Slot>,
    login_id: Option<&str>,
    avoid: Option<&Secret>,
) -> Result<Option<Arc<Current>>, Error> {
    let found = slot.manager.storage.find(&slot.ask, login_id, avoid);
    let found = in_time(found).await?;
    match found {
        Some((token, life)) => slot.publish(token, life).map(Some),
        None => Ok(None),
    }
}

/// Gives up what is done under a lease when the lease is lost.
pub(crate) async fn under<T>(
    lease: Option<&mut Held<'_>>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(lease) = lease else {
        return work.await;
    };
    tokio::select! {
        // After a stop both may be ready, and then the lease is gone.
        biased;
        () = lease.keep() => Err(Error::transient(
            "another process took over the renewal of the token",
        )),
        done = work => done,
    }
}

/// Bounds the time that a store may take.
pub(crate) async fn in_time<T>(
    work: impl Future<Output = Result<T, grantor_store::Error>>,
) -> Result<T, Error> {
    match tokio::time::timeout(STORE_TIME, work).await {
        Ok(done) => done.map_err(Error::from),
        Err(_) => Err(Error::transient(
            "the store of tokens did not answer in time",
        )),
    }
}
