//! One renewal: adopt what others have stored meanwhile, or ask the server.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::exchange::{Event, Exchange, FetchError, FetchToken, Retry, Step};
use grantor_core::{GrantRequest, Secret, TokenResponse};
use grantor_http::drive;
use http::Request;

use crate::Error;
use crate::app::Endpoint;
use crate::grant::Grant;
use crate::lease::{Held, Queue};
use crate::manager::Manager;
use crate::slot::{Outcome, Slot, Why};
use crate::state::{AccessToken, Current, Life};

/// How long a store may take before a token is used that it has not got.
pub(crate) const STORE_TIME: Duration = Duration::from_secs(2);

pub(crate) async fn renew(slot: &Arc<Slot>, why: Why) -> Outcome {
    let avoid = slot.current().map(|current| current.token.secret.clone());
    // While the token there is good, the next pause does what trying again would do.
    let retry = match why {
        Why::Early => Retry::never(),
        Why::Needed | Why::Rejected(_) => Retry::default(),
    };
    match &slot.manager.grant {
        Grant::ClientCredentials => client_credentials(slot, avoid.as_ref(), retry).await,
        Grant::Login(login) => login.renew(slot, avoid.as_ref(), retry).await,
    }
}

async fn client_credentials(slot: &Arc<Slot>, avoid: Option<&Secret>, retry: Retry) -> Outcome {
    let manager = &slot.manager;
    // A store that fails costs a token request, no more.
    let lease = match wait_for_lease(slot, None, avoid).await {
        Ok(Turn::Adopted(current)) => return Ok(current),
        Ok(Turn::Ours(lease)) => lease,
        Err(error) => {
            tracing::warn!(%error, "the store of tokens failed, going on without it");
            None
        }
    };
    let (mut lease, request) = (lease, slot.ask.request(GrantRequest::ClientCredentials));
    let fetched = under(lease.as_mut(), async {
        let cache = &manager.shared.metadata;
        let (url, client) = manager.app.endpoint(cache, Endpoint::Token).await?;
        let request = request.to_request(&url, &client);
        let exchange = FetchToken::repeatable(request, retry, manager.jitter());
        let (answer, sent_at) = fetch(manager, exchange).await;
        Ok((answer?, sent_at))
    });
    let outcome = match fetched.await {
        Ok((answer, sent_at)) => bring(slot, &answer, sent_at, None).await,
        Err(error) => Err(error),
    };
    if let Some(lease) = lease {
        lease.release().await;
    }
    outcome
}

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
        let adopted = adopt(slot, login_id, avoid).await?;
        return Ok(adopted.map_or(Turn::Ours(None), Turn::Adopted));
    };
    if let Some(current) = adopt(slot, login_id, avoid).await? {
        return Ok(Turn::Adopted(current));
    }
    let mut queue = Queue::new(leases, storage.lease_key(leases, &slot.ask), environment);
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
        done = work => done,
        () = lease.keep() => Err(Error::transient(
            "another process took over the renewal of the token",
        )),
    }
}

/// Carries out a token request. Also: when it was last sent, which is when lifetimes begin.
pub(crate) async fn fetch(
    manager: &Manager,
    exchange: FetchToken,
) -> (Result<TokenResponse, FetchError>, Duration) {
    let timed = Timed {
        exchange,
        sent_at: Duration::ZERO,
    };
    drive(
        timed,
        &*manager.shared.transport,
        &manager.shared.environment,
    )
    .await
}

/// What the answer says of the access token.
fn read(
    slot: &Slot,
    answer: &TokenResponse,
    sent_at: Duration,
) -> Result<(AccessToken, Life), Error> {
    if !answer.token_type.eq_ignore_ascii_case("bearer") {
        return Err(Error::refused(
            "the server gave a token of another type than \"Bearer\"",
        ));
    }
    let hint = answer.extra.get("refresh_in").and_then(seconds);
    let life = Life {
        sent_at,
        // Servers that say 0 mean that they don't say.
        lifetime: answer.expires_in.filter(|lifetime| !lifetime.is_zero()),
        refresh_in: hint.map(Duration::from_secs),
    };
    let scope = answer.scope.clone().or_else(|| slot.ask.scope.clone());
    let secret = answer.access_token.clone();
    Ok((AccessToken { secret, scope }, life))
}

fn seconds(value: &serde_json::Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// Stores the access token of an answer and makes it the current one.
pub(crate) async fn bring(
    slot: &Arc<Slot>,
    answer: &TokenResponse,
    sent_at: Duration,
    login_id: Option<String>,
) -> Outcome {
    let (token, life) = read(slot, answer, sent_at)?;
    store_access_token(slot, &token, &life, login_id).await;
    slot.publish(token, life)
}

/// Stores an access token for others. It can be had again, so it is no harm if that fails.
async fn store_access_token(
    slot: &Slot,
    token: &AccessToken,
    life: &Life,
    login_id: Option<String>,
) {
    let storage = &slot.manager.storage;
    let record = storage.record(token, life, login_id);
    let key = storage.access_key(&slot.ask);
    if let Err(error) = in_time(storage.access.overwrite(&key, &record)).await {
        tracing::warn!(%error, "an access token can't be stored");
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

/// An exchange, and when it last sent something.
struct Timed<X> {
    exchange: X,
    sent_at: Duration,
}

impl<X: Exchange> Exchange for Timed<X> {
    type Output = (X::Output, Duration);

    fn step(&mut self, event: Event, elapsed: Duration) -> Step<Self::Output> {
        match self.exchange.step(event, elapsed) {
            Step::Send(request) => self.send(request, elapsed),
            Step::Wait(pause) => Step::Wait(pause),
            Step::Done(output) => Step::Done((output, self.sent_at)),
        }
    }
}

impl<X> Timed<X> {
    fn send<T>(&mut self, request: Request<bytes::Bytes>, elapsed: Duration) -> Step<T> {
        self.sent_at = elapsed;
        Step::Send(request)
    }
}
