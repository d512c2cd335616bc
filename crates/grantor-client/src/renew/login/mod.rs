//! A login: the refresh token that all its access tokens hang on, spent once at a time.

pub(crate) mod persist;
pub(crate) mod spent_tokens;
pub(crate) mod state;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use grantor_core::exchange::Retry;
use grantor_core::{GrantParameters, Secret, TokenResponse};
use tokio::sync::Mutex;

use self::state::Kept;
use self::state::is_newer;
use super::election::{Turn, under, wait_for_lease};
use super::lease::{Held, Term};
use super::{Lineage, bring, exchange, fetch};
use crate::authorization_server::endpoint::Endpoint;
use crate::cache::registry::Manager;
use crate::cache::slot::{Outcome, Slot};
use crate::error::Error;
use crate::observe::event::Event;
use crate::observe::hooks::Call;
use crate::store::records::LoginRecord;
use crate::token::subject::User;

pub(crate) struct Login {
    /// The refresh token that was handed in.
    pub(crate) given: Option<Secret>,
    /// Who signs in anew once there is no refresh token that can be used.
    pub(crate) user: Option<User>,
    /// What this process knows; held while the refresh token is spent.
    pub(crate) known: Mutex<Option<Known>>,
    /// Whether the server refused what was handed in, and another login is in the store.
    refused: AtomicBool,
    /// A copy of the same, for those who only want to know.
    seen: std::sync::Mutex<Option<LoginRecord>>,
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
            refused: AtomicBool::new(false),
            seen: std::sync::Mutex::new(None),
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
                (Some(refresh_token), _) => GrantParameters::RefreshToken { refresh_token },
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
                Spent::Refused(_) if self.gives_way(manager, known, &record).await? => {}
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
}

async fn ask(
    slot: &Slot,
    grant: GrantParameters,
    retry: Retry,
    term: Option<Term>,
) -> Result<Spent, Error> {
    let manager = &slot.manager;
    let app = manager.app()?;
    let endpoint = app.endpoint(&manager.shared.metadata, Endpoint::Token);
    let (url, client) = endpoint.await?;
    manager.wait_for_throttle(&retry).await?;
    let call = match grant {
        GrantParameters::RefreshToken { .. } => Call::Refresh,
        _ => Call::Token,
    };
    let exchange = exchange(slot, grant, (&url, &client), retry);
    match fetch(manager, call, exchange, term).await {
        (Ok(answer), sent_at) => Ok(Spent::Answer(Box::new(answer), sent_at)),
        (Err(error), _) if error.is_invalid_grant() => {
            let message = format!("the user can't be signed in: {}", Error::from(error));
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
        spent_last: spent_last(record, rotated),
        ..record.clone()
    })
}

/// The refresh tokens that were spent last, this one included.
fn spent_last(record: &LoginRecord, rotated: bool) -> String {
    match record.refresh_token.as_deref().filter(|_| rotated) {
        Some(token) => spent_tokens::add(&record.spent_last, &Secret::from(token)),
        None => record.spent_last.clone(),
    }
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

fn over() -> Error {
    Error::needs_login_because(
        "the login has no refresh token that the server takes: sign in again",
    )
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}
