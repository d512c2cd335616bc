//! The election of the process that renews: the others adopt its token, or one of them takes the lease.

use grantor_core::Secret;
use tokio::time::Instant;

use super::lease::{Lease, LeaseContender};
use super::services::Services;
use super::{Acquired, Origin, Renewal};
use crate::authorization_server::token_endpoint::TokenAnswer;
use crate::error::Error;
use crate::renew::commit::commit;
use crate::store::deadline::within_store_timeout;

/// The result of an election.
pub(crate) enum Election<'a> {
    /// Another process has stored a token.
    Adopted(Acquired),
    /// This process renews, under a lease if there are others.
    Elected(Option<Lease<'a>>),
}

/// Waits until nobody else renews, and reads what they have stored. The last read is within
/// the lease.
pub(crate) async fn elect<'a>(
    services: &'a Services,
    renewal: &Renewal,
    login_id: Option<&str>,
) -> Result<Election<'a>, Error> {
    let store = &services.store;
    let rejected_token = renewal.rejected_token();
    let rejected_token = rejected_token.as_ref();
    let adopt = || adopt(services, renewal, login_id, rejected_token);
    let Some(leases) = &store.leases else {
        // Nobody else could have stored anything that a failing store would hide.
        let adopted = adopt().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the store of tokens failed, going on without it");
            None
        });
        return Ok(adopted.map_or(Election::Elected(None), Election::Adopted));
    };
    if let Some(acquired) = adopt().await? {
        return Ok(Election::Adopted(acquired));
    }
    let key = store.lease_key(leases, &renewal.parameters);
    let mut contender = LeaseContender::new(leases, key, services.environment());
    let policy = &services.policy;
    let patience = policy.retry.limit.saturating_add(policy.request_timeout);
    let began = Instant::now();
    loop {
        let lease = within_store_timeout(contender.attempt()).await?;
        match (lease, adopt().await?) {
            (Some(lease), Some(acquired)) => {
                lease.release().await;
                return Ok(Election::Adopted(acquired));
            }
            (None, Some(acquired)) => return Ok(Election::Adopted(acquired)),
            (Some(lease), None) => return Ok(Election::Elected(Some(lease))),
            (None, None) if began.elapsed() >= patience => {
                return Err(Error::transient(
                    "another process is renewing the token and has not finished in time; try again",
                ));
            }
            (None, None) => contender.pause().await,
        }
    }
}

async fn adopt(
    services: &Services,
    renewal: &Renewal,
    login_id: Option<&str>,
    rejected_token: Option<&Secret>,
) -> Result<Option<Acquired>, Error> {
    let found = services
        .store
        .find(&renewal.parameters, login_id, rejected_token);
    let found = within_store_timeout(found).await?;
    let carried = found.filter(|(credential, _)| services.scheme.carries(credential.token_type));
    Ok(carried.map(|(credential, lifetime)| Acquired {
        credential,
        lifetime,
        from: Origin::Adopted,
    }))
}

/// Renews a token that is shared with other processes and that no login renews.
pub(crate) async fn renew_elected(
    services: &Services,
    renewal: &Renewal,
    request: impl Future<Output = Result<TokenAnswer, Error>>,
) -> Result<Acquired, Error> {
    // A store that fails, or another process that is stuck, costs a token request, no more.
    let mut lease = match elect(services, renewal, None).await {
        Ok(Election::Adopted(acquired)) => return Ok(acquired),
        Ok(Election::Elected(lease)) => lease,
        Err(error) => {
            tracing::warn!(%error, "not waiting for other processes any more");
            None
        }
    };
    let acquired = match while_leased(lease.as_mut(), request).await {
        Ok(answer) => commit(services, renewal, &answer, None).await,
        Err(error) => Err(error),
    };
    if let Some(lease) = lease {
        lease.release().await;
    }
    acquired
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
        () = lease.keep_alive() => Err(Error::transient(
            "another process took over the renewal of the token",
        )),
        done = work => done,
    }
}
