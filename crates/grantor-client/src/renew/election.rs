//! Whose turn it is to renew: adopt what others have stored meanwhile, or hold the lease.

use std::sync::Arc;

use grantor_core::Secret;
use tokio::time::Instant;

use super::lease::{Lease, LeaseContender};
use crate::cache::slot::TokenSlot;
use crate::error::Error;
use crate::store::deadline::within_store_timeout;
use crate::token::cached_token::CachedToken;

/// What waiting for one's turn ends with.
pub(crate) enum Election<'a> {
    /// Somebody else has brought a token.
    Adopted(Arc<CachedToken>),
    /// It is for us to renew, under a lease if there are others.
    Elected(Option<Lease<'a>>),
}

/// Waits until nobody else renews, and looks for what they have brought. The last look is within
/// the lease.
pub(crate) async fn elect<'a>(
    slot: &'a Arc<TokenSlot>,
    login_id: Option<&str>,
    rejected_token: Option<&Secret>,
) -> Result<Election<'a>, Error> {
    let storage = &slot.manager.storage;
    let environment = &slot.manager.shared.environment;
    let Some(leases) = &storage.leases else {
        // Nobody else could have brought anything that a failing store would hide.
        let adopted = adopt(slot, login_id, rejected_token)
            .await
            .unwrap_or_else(|error| {
                tracing::warn!(%error, "the store of tokens failed, going on without it");
                None
            });
        return Ok(adopted.map_or(Election::Elected(None), Election::Adopted));
    };
    if let Some(current) = adopt(slot, login_id, rejected_token).await? {
        return Ok(Election::Adopted(current));
    }
    let mut contender = LeaseContender::new(
        leases,
        storage.lease_key(leases, &slot.parameters),
        environment,
    );
    let policy = &slot.manager.policy;
    let patience = policy.retry.limit.saturating_add(policy.request_timeout);
    let began = Instant::now();
    loop {
        let held = within_store_timeout(contender.attempt()).await?;
        let adopted = adopt(slot, login_id, rejected_token).await?;
        match (held, adopted) {
            (Some(held), Some(current)) => {
                held.release().await;
                return Ok(Election::Adopted(current));
            }
            (None, Some(current)) => return Ok(Election::Adopted(current)),
            (Some(held), None) => return Ok(Election::Elected(Some(held))),
            (None, None) if began.elapsed() >= patience => {
                return Err(Error::transient(
                    "another process renews the token and does not come to an end; try again",
                ));
            }
            (None, None) => contender.pause().await,
        }
    }
}

async fn adopt(
    slot: &Arc<TokenSlot>,
    login_id: Option<&str>,
    rejected_token: Option<&Secret>,
) -> Result<Option<Arc<CachedToken>>, Error> {
    let found = slot
        .manager
        .storage
        .find(&slot.parameters, login_id, rejected_token);
    let found = within_store_timeout(found).await?;
    match found {
        Some((token, life)) => slot.publish(token, life).map(Some),
        None => Ok(None),
    }
}

/// Gives up what is done under a lease when the lease is lost.
pub(crate) async fn while_leased<T>(
    lease: Option<&mut Lease<'_>>,
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
