//! A login: the refresh token that all its access tokens hang on, spent once at a time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::exchange::{FetchError, Retry};
use grantor_core::{GrantRequest, Secret, TokenResponse};
use grantor_jose::base64url;
use grantor_jose::digest::sha256;
use grantor_store::Version;
use tokio::sync::Mutex;

use crate::Error;
use crate::app::Endpoint;
use crate::event::Event;
use crate::hook::Call;
use crate::lease::{Held, Term};
use crate::manager::Manager;
use crate::persist::{self, Persisted};
use crate::records::LoginRecord;
use crate::renew::{Lineage, bring, exchange, fetch};
use crate::slot::{Outcome, Slot};
use crate::subject::User;
use crate::turn::{Turn, in_time, under, wait_for_lease};

pub(crate) struct Login {
    /// The refresh token that was handed in.
    given: Option<Secret>,
    /// Who signs in anew once there is no refresh token that can be used.
    pub(crate) user: Option<User>,
    /// What this process knows; held while the refresh token is spent.
    pub(crate) known: Mutex<Option<Known>>,
}

/// The newest state of a login that this process has seen.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) record: LoginRecord,
    pub(crate) persisted: bool,
}

/// What a refresh token, or a password, was spent for.
enum Spent {
    Answer(Box<TokenResponse>, Duration),
    /// The server does not take it.
    Refused(Error),
}

impl Login {
    pub(crate) fn new(given: Option<Secret>, user: Option<User>) -> Self {
        Self {
            given,
            user,
            known: Mutex::new(None),
        }
    }

    /// Renews an access token of this login: one at a time here, and under a lease among processes.
    pub(crate) async fn renew(
        &self,
        slot: &Arc<Slot>,
        avoid: Option<&Secret>,
        retry: Retry,
    ) -> Outcome {
        let mut known = self.known.lock().await;
        let (record, _) = self.newest(&slot.manager, &mut known).await?;
        let login_id = Some(&*record.login_id);
        let mut lease = match wait_for_lease(slot, login_id, avoid).await? {
            Turn::Adopted(current) => return Ok(current),
            Turn::Ours(lease) => lease,
        };
        let outcome = self.spend(slot, &mut known, &mut lease, retry).await;
        // Others would spend what the store still holds: they wait until the lease lapses, and by
        // then the newest state is written, if the store is back.
        let persisted = known.as_ref().is_none_or(|known| known.persisted);
        if let Some(lease) = lease.filter(|_| persisted) {
            lease.release().await;
        }
        outcome
    }

    async fn spend(
        &self,
        slot: &Arc<Slot>,
        known: &mut Option<Known>,
        lease: &mut Option<Held<'_>>,
        retry: Retry,
    ) -> Outcome {
        let manager = &slot.manager;
        // A refusal may mean that somebody else has renewed the login meanwhile, and after another
        // the user's password may still do.
        for _ in 0..3 {
            let (record, version) = self.newest(manager, known).await?;
            let now = manager.shared.environment.now();
            let refresh_token = record.usable_refresh_token(now);
            let by_password = refresh_token.is_none();
            let grant = match (refresh_token, &self.user) {
                (Some(refresh_token), _) => GrantRequest::RefreshToken { refresh_token },
                (None, Some(user)) => user.request(),
                (None, None) => return Err(over()),
            };
            let term = lease.as_ref().map(Held::term);
            let request = ask(slot, grant, retry.clone(), term);
            match under(lease.as_mut(), request).await? {
                Spent::Answer(answer, sent_at) => {
                    let next = successor(manager, &record, (&answer, sent_at), lease.as_ref());
                    let lineage = lineage(&record, next.as_ref());
                    match self.keep(manager, known, next, version).await {
                        Kept::Ours => return bring(slot, *answer, sent_at, Some(lineage)).await,
                        Kept::Another => persist::revoke(manager, &answer).await,
                    }
                }
                Spent::Refused(error) if by_password => return Err(error),
                Spent::Refused(_) => {
                    let (newest, version) = self.newest(manager, known).await?;
                    let another = newest.login_id != record.login_id;
                    if another || is_newer(&newest, &record) {
                        continue;
                    }
                    let ended = LoginRecord {
                        refresh_token: None,
                        ..newest
                    };
                    let _ = self.keep(manager, known, Some(ended), version).await;
                    if self.user.is_none() {
                        manager.tell(&Event::LoginEnded);
                        return Err(over());
                    }
                }
            }
        }
        Err(Error::transient(
            "the login was renewed elsewhere; try again",
        ))
    }

    /// The newest state of the login: what is stored, unless this process knows better, or another
    /// login was handed in.
    async fn newest(
        &self,
        manager: &Manager,
        known: &mut Option<Known>,
    ) -> Result<(LoginRecord, Option<Version>), Error> {
        let stored = match &manager.storage.logins {
            Some(logins) => {
                let key = manager.storage.login_key(logins);
                in_time(logins.get(&key)).await?
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
        *known = Some(Known {
            record: record.clone(),
            persisted,
        });
        Ok((record, version))
    }

    /// The newest state of the login, for those who want to know.
    pub(crate) async fn record(&self, manager: &Manager) -> Result<LoginRecord, Error> {
        let mut known = self.known.lock().await;
        Ok(self.newest(manager, &mut known).await?.0)
    }

    /// Whether the refresh token that was handed in belongs to another login than the stored one.
    fn is_another(&self, stored: &LoginRecord) -> bool {
        let given = self.given.as_ref();
        given.is_some_and(|given| fingerprint(given) != stored.begun_with)
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
    async fn keep(
        &self,
        manager: &Arc<Manager>,
        known: &mut Option<Known>,
        next: Option<LoginRecord>,
        version: Option<Version>,
    ) -> Kept {
        let Some(next) = next else {
            return Kept::Ours;
        };
        *known = Some(Known {
            record: next.clone(),
            persisted: false,
        });
        let (record, persisted, kept) = match persist::persist(manager, &next, version).await {
            Persisted::Stored => (next, true, Kept::Ours),
            // The same login, renewed even further: our access token is as good as theirs.
            Persisted::Superseded(stored) if stored.login_id == next.login_id => {
                (stored, true, Kept::Ours)
            }
            Persisted::Superseded(stored) => (stored, true, Kept::Another),
            Persisted::NotYet => {
                manager.tell(&Event::NotPersisted);
                persist::go_on(manager, next.clone());
                (next, false, Kept::Ours)
            }
        };
        *known = Some(Known { record, persisted });
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
        *known = Some(Known {
            record: record.unwrap_or_else(|| begin(manager, self.given.as_ref())),
            persisted: true,
        });
        Ok(())
    }
}

enum Kept {
    Ours,
    /// Somebody has signed in anew, and that login counts.
    Another,
}

async fn ask(
    slot: &Slot,
    grant: GrantRequest,
    retry: Retry,
    term: Option<Term>,
) -> Result<Spent, Error> {
    let manager = &slot.manager;
    let app = manager.app()?;
    let endpoint = app.endpoint(&manager.shared.metadata, Endpoint::Token);
    let (url, client) = endpoint.await?;
    manager.wait_for_throttle(&retry).await?;
    let call = match grant {
        GrantRequest::RefreshToken { .. } => Call::Refresh,
        _ => Call::Token,
    };
    let exchange = exchange(slot, grant, (&url, &client), retry);
    match fetch(manager, call, exchange, term).await {
        (Ok(answer), sent_at) => Ok(Spent::Answer(Box::new(answer), sent_at)),
        (Err(FetchError::Answer(error)), _) if error.is_invalid_grant() => {
            let message = format!("the user can't be signed in: {error}");
            Ok(Spent::Refused(Error::needs_login_because(message)))
        }
        (Err(error), _) => Err(error.into()),
    }
}

/// The state after an answer; none if the refresh token stays and is stored already.
fn successor(
    manager: &Manager,
    record: &LoginRecord,
    (answer, sent_at): (&TokenResponse, Duration),
    lease: Option<&Held<'_>>,
) -> Option<LoginRecord> {
    let new = answer.refresh_token.as_ref().map(Secret::expose);
    let rotated = new.is_some() && new != record.refresh_token.as_deref();
    let environment = &manager.shared.environment;
    let age = environment.clock.elapsed().saturating_sub(sent_at);
    let ends = answer
        .refresh_token_expires_in
        .filter(|left| !left.is_zero());
    let ends = ends.map(|left| environment.now() - age + left);
    // A login that was handed in is stored with its first renewal.
    if !rotated && ends.is_none() && record.chain > 0 {
        return None;
    }
    Some(LoginRecord {
        chain: record.chain + 1,
        refresh_token: new.or(record.refresh_token.as_deref()).map(str::to_owned),
        refresh_expires_at: ends.or(record.refresh_expires_at.filter(|_| !rotated)),
        fence: lease.map_or(record.fence, Held::fence),
        ..record.clone()
    })
}

/// What a token of this login was had for, and what the next one will be.
fn lineage(record: &LoginRecord, next: Option<&LoginRecord>) -> Lineage {
    let now = next.unwrap_or(record);
    let secret = |text: &Option<String>| text.as_deref().map(Secret::from);
    Lineage {
        login_id: record.login_id.clone(),
        spent: secret(&record.refresh_token),
        refresh_token: secret(&now.refresh_token),
        refresh_expires_at: now.refresh_expires_at,
    }
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
    }
}

pub(crate) fn is_newer(record: &LoginRecord, than: &LoginRecord) -> bool {
    record.login_id == than.login_id && record.chain > than.chain
}

fn fingerprint(secret: &Secret) -> String {
    base64url::encode(sha256(secret.expose().as_bytes()))
}

fn over() -> Error {
    Error::needs_login_because(
        "the login has no refresh token that the server takes: sign in again",
    )
}

fn nobody() -> Error {
    Error::needs_login_because("there is no login: sign in, or hand in a refresh token")
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}
