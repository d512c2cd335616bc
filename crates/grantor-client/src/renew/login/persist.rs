//! Storing the newest state of a login: for a while before it is used, then beside its use.

use std::sync::Arc;
use std::time::Duration;

use grantor_store::{Conflict, Error, Key, Records, Version};
use tokio::time::Instant;

use super::Login;
use crate::observe::event::Event;
use crate::renew::services::Services;
use crate::store::deadline::STORE_TIMEOUT;
use crate::store::records::LoginRecord;

const PAUSE: Duration = Duration::from_millis(200);
/// How long the second conflict is waited out; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
/// Shorter than the term of a lease: a process that did not write keeps the lease from others, and
/// comes before them when the store is back.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The outcome of storing a state of a login.
#[derive(Debug)]
pub(crate) enum StoreOutcome {
    Stored,
    /// There is a newer one, or one of another login.
    Superseded(Box<LoginRecord>),
    /// The store fails.
    NotYet,
}

/// Tries to store a state for two seconds. `version` is what the store held when it was last read.
pub(crate) async fn persist(
    services: &Services,
    next: &LoginRecord,
    mut version: Option<Version>,
) -> StoreOutcome {
    let Some(logins) = &services.store.logins else {
        return StoreOutcome::Stored;
    };
    let key = services.store.login_key(logins);
    let until = Instant::now() + STORE_TIMEOUT;
    // Most conflicts are over at once, and a replica that lags may give the same one again and again.
    let mut pause = Duration::ZERO;
    loop {
        let step = tokio::time::timeout_at(until, attempt(logins, &key, next, version));
        match step.await {
            Ok(Ok(StoreAttempt::Done(persisted))) => return persisted,
            Ok(Ok(StoreAttempt::Retry(read))) => {
                version = read;
                tokio::time::sleep_until(until.min(Instant::now() + pause)).await;
                pause = (pause * 2).clamp(FIRST_PAUSE, PAUSE);
            }
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
                StoreAttempt::Done(StoreOutcome::Superseded(Box::new(stored.record)))
            }
        }
    })
}

/// Goes on storing beside the use of the login, until it is done, or something newer is known, or
/// the tokens are closed. `version` is what the store held when it was last read.
pub(crate) fn persist_in_background(
    login: &Arc<Login>,
    services: &Arc<Services>,
    record: LoginRecord,
    version: Option<Version>,
) {
    let (login, services) = (Arc::clone(login), Arc::clone(services));
    let tasks = services.tasks.clone();
    tasks.spawn(async move {
        let mut pause = PAUSE;
        let mut closed = false;
        while !closed {
            let environment = services.environment();
            closed = services.tasks.closed_within(environment, pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            if retry(&login, &services, &record, version).await {
                return;
            }
        }
    });
}

/// Tries once more, and returns whether nothing is left to do.
async fn retry(
    login: &Login,
    services: &Services,
    record: &LoginRecord,
    version: Option<Version>,
) -> bool {
    let mut state = login.state.lock().await;
    let Some(state) = state.as_mut() else {
        return true;
    };
    let own = (&state.record.login_id, state.record.rotation);
    if state.persisted || own != (&record.login_id, record.rotation) {
        return true;
    }
    match persist(services, record, version).await {
        StoreOutcome::NotYet => false,
        StoreOutcome::Superseded(stored) if own != (&stored.login_id, stored.rotation) => true,
        // An earlier try may have been written without an answer.
        StoreOutcome::Stored | StoreOutcome::Superseded(_) => {
            state.persisted = true;
            services.observer.emit(&Event::Persisted);
            true
        }
    }
}
