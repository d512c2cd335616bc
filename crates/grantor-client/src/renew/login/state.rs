//! The state of a login: the stored one, the one of this process, and the one that was handed in.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};

use grantor_core::Secret;
use grantor_jose::digest::constant_time_eq;
use grantor_store::Version;

use super::persist::{self, StoreOutcome};
use super::spent_tokens::{self, fingerprint};
use super::{Login, LoginState};
use crate::error::Error;
use crate::observe::event::Event;
use crate::renew::services::Services;
use crate::store::deadline::within_store_timeout;
use crate::store::records::{BoundTo, LoginRecord};

impl Login {
    /// The newest state of the login: what is stored, unless this process knows better, or another
    /// login was handed in.
    pub(super) async fn latest(
        &self,
        services: &Services,
        state: &mut Option<LoginState>,
    ) -> Result<(LoginRecord, Option<Version>), Error> {
        within_store_timeout(services.store.check_key()).await?;
        let stored = match &services.store.logins {
            Some(logins) => {
                let key = services.store.login_key(logins);
                match within_store_timeout(logins.get(&key)).await {
                    Ok(stored) => stored,
                    // The state of the only process is the newest.
                    Err(error) => match state.as_ref() {
                        Some(own) if services.store.leases.is_none() => {
                            return Ok((own.record.clone(), None));
                        }
                        _ => return Err(error),
                    },
                }
            }
            None => None,
        };
        let version = stored.as_ref().map(|stored| stored.version);
        let own = state.clone();
        let unused = own
            .as_ref()
            .is_none_or(|own| !own.persisted && own.record.rotation == 0);
        let (record, persisted) = match (stored.map(|stored| stored.record), own) {
            (Some(stored), own) if unused && self.is_other_login(&stored) => match own {
                Some(own) => (own.record, false),
                None => (self.first_record(services)?, false),
            },
            (Some(stored), Some(own)) if is_newer(&own.record, &stored) => (own.record, false),
            (Some(stored), _) => (stored, true),
            (None, Some(own)) if !own.persisted => (own.record, false),
            // Somebody has removed what was stored.
            (None, Some(_)) if self.password.is_none() => return Err(no_login()),
            (None, _) => (self.first_record(services)?, false),
        };
        self.set_state(
            state,
            LoginState {
                record: record.clone(),
                persisted,
            },
        );
        Ok((record, version))
    }

    /// The newest state of the login, for those who want to know. They don't wait for a renewal.
    pub(crate) async fn record(&self, services: &Services) -> Result<LoginRecord, Error> {
        let seen = self.snapshot().clone();
        if let Some(seen) = seen {
            return Ok(seen);
        }
        let mut state = self.state.lock().await;
        Ok(self.latest(services, &mut state).await?.0)
    }

    /// Returns whether the store has another login than the one whose refresh token was handed in
    /// and refused. That one goes on.
    pub(super) async fn yields_to_stored(
        &self,
        services: &Services,
        state: &mut Option<LoginState>,
        refused: &LoginRecord,
    ) -> Result<bool, Error> {
        let Some(logins) = services
            .store
            .logins
            .as_ref()
            .filter(|_| refused.rotation == 0)
        else {
            return Ok(false);
        };
        let stored = within_store_timeout(logins.get(&services.store.login_key(logins))).await?;
        let another = stored.is_some_and(|stored| stored.record.login_id != refused.login_id);
        if another {
            self.initial_refused.store(true, Ordering::Relaxed);
            *state = None;
        }
        Ok(another)
    }

    fn set_state(&self, state: &mut Option<LoginState>, now: LoginState) {
        *self.snapshot() = Some(now.record.clone());
        *state = Some(now);
    }

    fn snapshot(&self) -> MutexGuard<'_, Option<LoginRecord>> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether the refresh token that was handed in belongs to another login than the
    /// stored one.
    fn is_other_login(&self, stored: &LoginRecord) -> bool {
        let Some(given) = self.initial_refresh_token.as_ref() else {
            return false;
        };
        let is_given = |token: &str| constant_time_eq(token.as_bytes(), given.expose().as_bytes());
        let current = stored.refresh_token.as_deref().is_some_and(is_given);
        let first = stored.initial_fingerprint == fingerprint(given);
        let known = current || first || spent_tokens::has(&stored.spent_fingerprints, given);
        !known && !self.initial_refused.load(Ordering::Relaxed)
    }

    fn first_record(&self, services: &Services) -> Result<LoginRecord, Error> {
        let record = new_record(services, self.initial_refresh_token.as_ref());
        match &self.initial_refresh_token {
            // Processes that are handed the same refresh token begin the same login, so that one
            // adopts the token of another.
            Some(given) => Ok(LoginRecord {
                login_id: fingerprint(given),
                ..record
            }),
            None if self.password.is_some() => Ok(record),
            None => Err(no_login()),
        }
    }

    /// Remembers a state of the login at once, and stores it before anybody sees what came with it.
    pub(super) async fn persist_state(
        self: &Arc<Self>,
        services: &Arc<Services>,
        state: &mut Option<LoginState>,
        next: Option<LoginRecord>,
        version: Option<Version>,
    ) -> PersistOutcome {
        let Some(next) = next else {
            return PersistOutcome::Ours;
        };
        self.set_state(
            state,
            LoginState {
                record: next.clone(),
                persisted: false,
            },
        );
        let (record, persisted, kept) = match persist::persist(services, &next, version).await {
            StoreOutcome::Stored => (next, true, PersistOutcome::Ours),
            // The same login, renewed even further: our access token is as good as theirs.
            StoreOutcome::Superseded(stored) if stored.login_id == next.login_id => {
                (*stored, true, PersistOutcome::Ours)
            }
            StoreOutcome::Superseded(stored) => (*stored, true, PersistOutcome::Another),
            StoreOutcome::NotYet => {
                // First, since a listener may panic.
                persist::persist_in_background(self, services, next.clone(), version);
                services.observer.emit(&Event::NotPersisted);
                (next, false, PersistOutcome::Ours)
            }
        };
        self.set_state(state, LoginState { record, persisted });
        kept
    }

    /// Takes over a login that has just begun, in place of whatever was there.
    pub(crate) async fn replace_with(
        self: &Arc<Self>,
        services: &Arc<Services>,
        record: LoginRecord,
    ) {
        let mut state = self.state.lock().await;
        let mut version = None;
        for _ in 0..8 {
            if let Some(logins) = &services.store.logins {
                let key = services.store.login_key(logins);
                if let Ok(stored) = within_store_timeout(logins.get(&key)).await {
                    version = stored.map(|stored| stored.version);
                }
            }
            match self
                .persist_state(services, &mut state, Some(record.clone()), version)
                .await
            {
                PersistOutcome::Ours => return,
                PersistOutcome::Another => {}
            }
        }
    }

    /// Removes the login from the store. The refresh token that was handed in stays spent.
    pub(crate) async fn forget(&self, services: &Services) -> Result<(), Error> {
        let mut state = self.state.lock().await;
        if let Some(logins) = &services.store.logins {
            within_store_timeout(logins.remove(&services.store.login_key(logins))).await?;
        }
        let record = state.take().map(|state| state.record);
        // A state that was stored and is absent from the store is that of a removed login.
        self.set_state(
            &mut state,
            LoginState {
                record: record
                    .unwrap_or_else(|| new_record(services, self.initial_refresh_token.as_ref())),
                persisted: true,
            },
        );
        Ok(())
    }
}

/// The outcome of storing a state of a login.
pub(super) enum PersistOutcome {
    Ours,
    /// Somebody has signed in anew, and that login counts.
    Another,
}

/// The first state of a login.
pub(super) fn new_record(services: &Services, refresh_token: Option<&Secret>) -> LoginRecord {
    LoginRecord {
        login_id: services.environment().random_text::<16>(),
        rotation: 0,
        refresh_token: refresh_token.map(|token| token.expose().to_owned()),
        refresh_expires_at: None,
        fence: 0,
        initial_fingerprint: refresh_token.map(fingerprint).unwrap_or_default(),
        spent_fingerprints: Vec::new(),
        bound_to: BoundTo::key(services.dpop_key.as_ref()),
        id_token: None,
        resource_login: None,
    }
}

pub(crate) fn is_newer(record: &LoginRecord, than: &LoginRecord) -> bool {
    record.login_id == than.login_id && record.rotation > than.rotation
}

fn no_login() -> Error {
    Error::needs_login_because("there is no login: sign in, or hand in a refresh token")
}
