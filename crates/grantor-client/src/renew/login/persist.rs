//! Storing the newest state of a login: for a while before it is used, then beside its use.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::{RevocationRequest, TokenResponse, TokenTypeHint};
use grantor_http::Transport;
use grantor_store::{Conflict, Error, Key, Records, Version};
use tokio::time::Instant;

use crate::authorization_server::endpoint::Endpoint;
use crate::cache::registry::Manager;
use crate::observe::event::Event;
use crate::observe::hooks::RequestKind;
use crate::renew::grant::Grant;
use crate::store::deadline::STORE_TIMEOUT;
use crate::store::records::LoginRecord;

const PAUSE: Duration = Duration::from_millis(200);
/// Shorter than the term of a lease: whoever did not write keeps the lease from others, and comes
/// before them when the store is back.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What became of a state of a login.
#[derive(Debug)]
pub(crate) enum StoreOutcome {
    Stored,
    /// There is a newer one, or one of another login.
    Superseded(LoginRecord),
    /// The store fails.
    NotYet,
}

/// Tries to store a state for two seconds. `version` is what the store held when it was last read.
pub(crate) async fn persist(
    manager: &Manager,
    next: &LoginRecord,
    mut version: Option<Version>,
) -> StoreOutcome {
    let Some(logins) = &manager.storage.logins else {
        return StoreOutcome::Stored;
    };
    let key = manager.storage.login_key(logins);
    let until = Instant::now() + STORE_TIMEOUT;
    loop {
        let step = tokio::time::timeout_at(until, attempt(logins, &key, next, version));
        match step.await {
            Ok(Ok(StoreAttempt::Done(persisted))) => return persisted,
            Ok(Ok(StoreAttempt::Retry(read))) => version = read,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a login can't be stored");
                tokio::time::sleep_until(until.min(Instant::now() + PAUSE)).await;
            }
            Err(_) => return StoreOutcome::NotYet,
        }
        if Instant::now() >= until {
            return StoreOutcome::NotYet;
        }
    }
}

enum StoreAttempt {
    Done(StoreOutcome),
    Retry(Option<Version>),
}

async fn attempt(
    logins: &Records<LoginRecord>,
    key: &Key,
    next: &LoginRecord,
    version: Option<Version>,
) -> Result<StoreAttempt, Error> {
    let written = match version {
        Some(version) => logins.update(key, next, version).await?,
        None => logins.create(key, next).await?,
    };
    let Err(Conflict) = written else {
        return Ok(StoreAttempt::Done(StoreOutcome::Stored));
    };
    Ok(match logins.get(key).await? {
        None => StoreAttempt::Retry(None),
        Some(stored) => {
            let same = stored.record.login_id == next.login_id;
            if same && stored.record.rotation < next.rotation {
                StoreAttempt::Retry(Some(stored.version))
            } else {
                StoreAttempt::Done(StoreOutcome::Superseded(stored.record))
            }
        }
    })
}

/// Goes on storing beside the use of the login, until it is done, or something newer is known, or
/// the tokens are closed. `version` is what the store held when it was last read.
pub(crate) fn persist_in_background(
    manager: &Arc<Manager>,
    record: LoginRecord,
    version: Option<Version>,
) {
    let shared = Arc::clone(manager);
    manager.spawn(async move {
        let mut pause = PAUSE;
        let mut closed = false;
        while !closed {
            closed = shared.closed_within(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            if retry(&shared, &record, version).await {
                return;
            }
        }
    });
}

/// Whether it is over.
async fn retry(manager: &Manager, record: &LoginRecord, version: Option<Version>) -> bool {
    let Grant::Login(login) = &manager.grant else {
        return true;
    };
    let mut known = login.state.lock().await;
    let Some(known) = known.as_mut() else {
        return true;
    };
    let own = (&known.record.login_id, known.record.rotation);
    if known.persisted || own != (&record.login_id, record.rotation) {
        return true;
    }
    match persist(manager, record, version).await {
        StoreOutcome::NotYet => false,
        StoreOutcome::Superseded(stored) if own != (&stored.login_id, stored.rotation) => true,
        // What was tried before may have been written, though it was not said.
        StoreOutcome::Stored | StoreOutcome::Superseded(_) => {
            known.persisted = true;
            manager.emit(&Event::Persisted);
            true
        }
    }
}

/// Gives up a refresh token that nobody will use, as well as that goes.
pub(crate) async fn revoke(manager: &Manager, answer: &TokenResponse) {
    let Some(refresh_token) = answer.refresh_token.clone() else {
        return;
    };
    let Ok(app) = manager.app() else {
        return;
    };
    let endpoint = app.endpoint(&manager.shared.metadata, Endpoint::Revocation);
    if let Ok((url, client)) = endpoint.await {
        let mut query = RevocationRequest::new(refresh_token);
        query.token_type_hint = Some(TokenTypeHint::RefreshToken);
        let mut request = query.to_request(&url, &client.authentication);
        client.sign(&mut request);
        let _ = manager.wire(RequestKind::Revocation).send(request).await;
    }
}
