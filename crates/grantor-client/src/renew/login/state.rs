//! What is known of a login: what is stored, what this process brought, what was handed in.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};

use grantor_core::Secret;
use grantor_jose::base64url;
use grantor_jose::digest::{constant_time_eq, sha256};
use grantor_store::Version;

use super::persist::{self, Persisted};
use super::{Known, Login, spent_tokens};
use crate::cache::registry::Manager;
use crate::error::Error;
use crate::observe::event::Event;
use crate::renew::election::in_time;
use crate::store::records::LoginRecord;

impl Login {
    /// The newest state of the login: what is stored, unless this process knows better, or another
    /// login was handed in.
    pub(super) async fn newest(
        &self,
        manager: &Manager,
        known: &mut Option<Known>,
    ) -> Result<(LoginRecord, Option<Version>), Error> {
        in_time(manager.storage.check_key()).await?;
        let stored = match &manager.storage.logins {
            Some(logins) => {
                let key = manager.storage.login_key(logins);
                match in_time(logins.get(&key)).await {
                    Ok(stored) => stored,
                    // What this process knows is the newest, where it is the only one.
                    Err(error) => match known.as_ref() {
                        Some(own) if manager.storage.leases.is_none() => {
                            return Ok((own.record.clone(), None));
                        }
                        _ => return Err(error),
                    },
                }
            }
            None => None,
        };
        let version = stored.as_ref().map(|stored| stored.version);
        let own = known.clone();
        let unused = own
            .as_ref()
            .is_none_or(|own| !own.persisted && own.record.chain == 0);
        let (record, persisted) = match (stored.map(|stored| stored.record), own) {
            (Some(stored), own) if unused && self.is_another(&stored) => match own {
                Some(own) => (own.record, false),
                None => (self.begin(manager)?, false),
            },
            (Some(stored), Some(own)) if is_newer(&own.record, &stored) => (own.record, false),
            (Some(stored), _) => (stored, true),
            (None, Some(own)) if !own.persisted => (own.record, false),
            // Somebody has removed what was stored.
            (None, Some(_)) if self.user.is_none() => return Err(nobody()),
            (None, _) => (self.begin(manager)?, false),
        };
        self.know(
            known,
            Known {
                record: record.clone(),
                persisted,
            },
        );
        Ok((record, version))
    }

    /// The newest state of the login, for those who want to know. They don't wait for a renewal.
    pub(crate) async fn record(&self, manager: &Manager) -> Result<LoginRecord, Error> {
        let seen = self.seen().clone();
        if let Some(seen) = seen {
            return Ok(seen);
        }
        let mut known = self.known.lock().await;
        Ok(self.newest(manager, &mut known).await?.0)
    }

    /// Whether the store has another login than the one whose refresh token was handed in and
    /// refused. That one goes on.
    pub(super) async fn gives_way(
        &self,
        manager: &Manager,
        known: &mut Option<Known>,
        refused: &LoginRecord,
    ) -> Result<bool, Error> {
        let Some(logins) = manager
            .storage
            .logins
            .as_ref()
            .filter(|_| refused.chain == 0)
        else {
            return Ok(false);
        };
        let stored = in_time(logins.get(&manager.storage.login_key(logins))).await?;
        let another = stored.is_some_and(|stored| stored.record.login_id != refused.login_id);
        if another {
            self.refused.store(true, Ordering::Relaxed);
            *known = None;
        }
        Ok(another)
    }

    fn know(&self, known: &mut Option<Known>, now: Known) {
        *self.seen() = Some(now.record.clone());
        *known = Some(now);
    }

    fn seen(&self) -> MutexGuard<'_, Option<LoginRecord>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the refresh token that was handed in belongs to another login than the stored one.
    fn is_another(&self, stored: &LoginRecord) -> bool {
        let Some(given) = self.given.as_ref() else {
            return false;
        };
        let is_given = |token: &str| constant_time_eq(token.as_bytes(), given.expose().as_bytes());
        let current = stored.refresh_token.as_deref().is_some_and(is_given);
        let first = stored.begun_with == fingerprint(given);
        let known = current || first || spent_tokens::has(&stored.spent_last, given);
        !known && !self.refused.load(Ordering::Relaxed)
    }

    fn begin(&self, manager: &Manager) -> Result<LoginRecord, Error> {
        let record = begin(manager, self.given.as_ref());
        match &self.given {
            // Processes that are handed the same refresh token begin the same login, so that one
            // adopts what another brings.
            Some(given) => Ok(LoginRecord {
                login_id: fingerprint(given),
                ..record
            }),
            None if self.user.is_some() => Ok(record),
            None => Err(nobody()),
        }
    }

    /// Remembers a state of the login at once, and stores it before anybody sees what came with it.
    pub(super) async fn keep(
        &self,
        manager: &Arc<Manager>,
        known: &mut Option<Known>,
        next: Option<LoginRecord>,
        version: Option<Version>,
    ) -> Kept {
        let Some(next) = next else {
            return Kept::Ours;
        };
        self.know(
            known,
            Known {
                record: next.clone(),
                persisted: false,
            },
        );
        let (record, persisted, kept) = match persist::persist(manager, &next, version).await {
            Persisted::Stored => (next, true, Kept::Ours),
            // The same login, renewed even further: our access token is as good as theirs.
            Persisted::Superseded(stored) if stored.login_id == next.login_id => {
                (stored, true, Kept::Ours)
            }
            Persisted::Superseded(stored) => (stored, true, Kept::Another),
            Persisted::NotYet => {
                // First, since a listener may panic.
                persist::go_on(manager, next.clone(), version);
                manager.tell(&Event::NotPersisted);
                (next, false, Kept::Ours)
            }
        };
        self.know(known, Known { record, persisted });
        kept
    }

    /// Takes over a login that has just begun, in place of whatever was there.
    pub(crate) async fn replace(&self, manager: &Arc<Manager>, record: LoginRecord) {
        let mut known = self.known.lock().await;
        let mut version = None;
        for _ in 0..8 {
            if let Some(logins) = &manager.storage.logins {
                let key = manager.storage.login_key(logins);
                if let Ok(stored) = in_time(logins.get(&key)).await {
                    version = stored.map(|stored| stored.version);
                }
            }
            match self
                .keep(manager, &mut known, Some(record.clone()), version)
                .await
            {
                Kept::Ours => return,
                Kept::Another => {}
            }
        }
    }

    /// Removes the login from the store. What was handed in stays spent.
    pub(crate) async fn forget(&self, manager: &Manager) -> Result<(), Error> {
        let mut known = self.known.lock().await;
        if let Some(logins) = &manager.storage.logins {
            in_time(logins.remove(&manager.storage.login_key(logins))).await?;
        }
        let record = known.take().map(|known| known.record);
        // Stored and gone is what a login looks like that somebody has removed.
        self.know(
            &mut known,
            Known {
                record: record.unwrap_or_else(|| begin(manager, self.given.as_ref())),
                persisted: true,
            },
        );
        Ok(())
    }
}

/// What became of a state of a login.
pub(super) enum Kept {
    Ours,
    /// Somebody has signed in anew, and that login counts.
    Another,
}

/// The first state of a login.
pub(crate) fn begin(manager: &Manager, refresh_token: Option<&Secret>) -> LoginRecord {
    LoginRecord {
        login_id: manager.shared.environment.random_text::<16>(),
        chain: 0,
        refresh_token: refresh_token.map(|token| token.expose().to_owned()),
        refresh_expires_at: None,
        fence: 0,
        begun_with: refresh_token.map(fingerprint).unwrap_or_default(),
        spent_last: String::new(),
    }
}

pub(crate) fn is_newer(record: &LoginRecord, than: &LoginRecord) -> bool {
    record.login_id == than.login_id && record.chain > than.chain
}

pub(super) fn fingerprint(secret: &Secret) -> String {
    base64url::encode(sha256(secret.expose().as_bytes()))
}

fn nobody() -> Error {
    Error::needs_login_because("there is no login: sign in, or hand in a refresh token")
}
