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

use self::state::{PersistOutcome, is_newer};
use super::election::{Election, elect, while_leased};
use super::lease::Lease;
use super::{LoginTokens, commit, fetch, token_call};
use crate::authorization_server::endpoint::Endpoint;
use crate::cache::registry::Manager;
use crate::cache::slot::{RenewalResult, TokenSlot};
use crate::error::Error;
use crate::observe::event::Event;
use crate::observe::hooks::RequestKind;
use crate::runtime::deadline::LeaseDeadline;
use crate::store::records::LoginRecord;
use crate::token::subject::PasswordCredentials;

pub(crate) struct Login {
    /// The refresh token that was handed in.
    pub(crate) initial_refresh_token: Option<Secret>,
    /// Who signs in anew once there is no refresh token that can be used.
    pub(crate) password: Option<PasswordCredentials>,
    /// What this process knows; held while the refresh token is spent.
    pub(crate) state: Mutex<Option<LoginState>>,
    /// Whether the server refused what was handed in, and another login is in the store.
    initial_refused: AtomicBool,
    /// A copy of the same, for those who only want to know.
    snapshot: std::sync::Mutex<Option<LoginRecord>>,
}

/// The newest state of a login that this process has seen.
#[derive(Debug, Clone)]
pub(crate) struct LoginState {
    pub(crate) record: LoginRecord,
    pub(crate) persisted: bool,
}

/// What a refresh token, or a password, was spent for.
enum RefreshOutcome {
    Answer(Box<TokenResponse>, Duration),
    /// The server does not take it.
    Refused(Error),
}

impl Login {
    pub(crate) fn new(
        initial_refresh_token: Option<Secret>,
        password: Option<PasswordCredentials>,
    ) -> Self {
        Self {
            initial_refresh_token,
            password,
            state: Mutex::new(None),
            initial_refused: AtomicBool::new(false),
            snapshot: std::sync::Mutex::new(None),
        }
    }

    /// Renews an access token of this login: one at a time here, and under a lease among processes.
    pub(crate) async fn renew(
        &self,
        slot: &Arc<TokenSlot>,
        rejected_token: Option<&Secret>,
        retry: Retry,
    ) -> RenewalResult {
        let mut known = self.state.lock().await;
        let (record, _) = self.latest(&slot.manager, &mut known).await?;
        let login_id = Some(&*record.login_id);
        let mut lease = match elect(slot, login_id, rejected_token).await? {
            Election::Adopted(current) => return Ok(current),
            Election::Elected(lease) => lease,
        };
        let outcome = self.refresh(slot, &mut known, &mut lease, retry).await;
        // Others would spend what the store still holds: they wait until the lease lapses, and by
        // then the newest state is written, if the store is back.
        let persisted = known.as_ref().is_none_or(|known| known.persisted);
        if let Some(lease) = lease.filter(|_| persisted) {
            lease.release().await;
        }
        outcome
    }

    async fn refresh(
        &self,
        slot: &Arc<TokenSlot>,
        known: &mut Option<LoginState>,
        lease: &mut Option<Lease<'_>>,
        retry: Retry,
    ) -> RenewalResult {
        let manager = &slot.manager;
        // A refusal may mean that somebody else has renewed the login meanwhile, and after another
        // the user's password may still do.
        for _ in 0..3 {
            let (record, version) = self.latest(manager, known).await?;
            let now = manager.shared.environment.now();
            let refresh_token = record.usable_refresh_token(now);
            let by_password = refresh_token.is_none();
            let grant = match (refresh_token, &self.password) {
                (Some(refresh_token), _) => GrantParameters::RefreshToken { refresh_token },
                (None, Some(user)) => user.request(),
                (None, None) => return Err(login_ended()),
            };
            let deadline = lease.as_ref().map(Lease::deadline);
            let request = request_tokens(slot, grant, retry.clone(), deadline);
            match while_leased(lease.as_mut(), request).await? {
                RefreshOutcome::Answer(answer, sent_at) => {
                    let next = next_record(manager, &record, (&answer, sent_at), lease.as_ref());
                    let login_tokens = login_tokens(&record, next.as_ref());
                    match self.persist_state(manager, known, next, version).await {
                        PersistOutcome::Ours => {
                            return commit(slot, *answer, sent_at, Some(login_tokens)).await;
                        }
                        PersistOutcome::Another => persist::revoke(manager, &answer).await,
                    }
                }
                RefreshOutcome::Refused(error) if by_password => return Err(error),
                RefreshOutcome::Refused(_)
                    if self.yields_to_stored(manager, known, &record).await? => {}
                RefreshOutcome::Refused(_) => {
                    let (newest, version) = self.latest(manager, known).await?;
                    let another = newest.login_id != record.login_id;
                    if another || is_newer(&newest, &record) {
                        continue;
                    }
                    let ended = LoginRecord {
                        refresh_token: None,
                        ..newest
                    };
                    let _ = self
                        .persist_state(manager, known, Some(ended), version)
                        .await;
                    if self.password.is_none() {
                        manager.emit(&Event::LoginEnded);
                        return Err(login_ended());
                    }
                }
            }
        }
        Err(Error::transient(
            "the login was renewed elsewhere; try again",
        ))
    }
}

async fn request_tokens(
    slot: &TokenSlot,
    grant: GrantParameters,
    retry: Retry,
    deadline: Option<LeaseDeadline>,
) -> Result<RefreshOutcome, Error> {
    let manager = &slot.manager;
    let app = manager.app()?;
    let endpoint = app.endpoint(&manager.shared.metadata, Endpoint::Token);
    let (url, client) = endpoint.await?;
    manager.wait_for_throttle(&retry).await?;
    let call = match grant {
        GrantParameters::RefreshToken { .. } => RequestKind::Refresh,
        _ => RequestKind::Token,
    };
    let exchange = token_call(slot, grant, (&url, &client), retry);
    match fetch(manager, call, exchange, deadline).await {
        (Ok(answer), sent_at) => Ok(RefreshOutcome::Answer(Box::new(answer), sent_at)),
        (Err(error), _) if error.is_invalid_grant() => {
            let message = format!("the user can't be signed in: {}", Error::from(error));
            Ok(RefreshOutcome::Refused(Error::needs_login_because(message)))
        }
        (Err(error), _) => Err(error.into()),
    }
}

/// The state after an answer; none if the refresh token stays and is stored already.
fn next_record(
    manager: &Manager,
    record: &LoginRecord,
    (answer, sent_at): (&TokenResponse, Duration),
    lease: Option<&Lease<'_>>,
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
    if !rotated && ends.is_none() && record.rotation > 0 {
        return None;
    }
    Some(LoginRecord {
        rotation: record.rotation + 1,
        refresh_token: new.or(record.refresh_token.as_deref()).map(str::to_owned),
        refresh_expires_at: ends.or(record.refresh_expires_at.filter(|_| !rotated)),
        fence: lease.map_or(record.fence, Lease::fence),
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
fn login_tokens(record: &LoginRecord, next: Option<&LoginRecord>) -> LoginTokens {
    let now = next.unwrap_or(record);
    let secret = |text: &Option<String>| text.as_deref().map(Secret::from);
    LoginTokens {
        login_id: record.login_id.clone(),
        spent: secret(&record.refresh_token),
        refresh_token: secret(&now.refresh_token),
        refresh_expires_at: now.refresh_expires_at,
    }
}

fn login_ended() -> Error {
    Error::needs_login_because(
        "the login has no refresh token that the server takes: sign in again",
    )
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}
