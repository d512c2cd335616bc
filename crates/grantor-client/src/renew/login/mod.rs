//! A login: the refresh token by which all its access tokens are renewed, spent once at a time.

mod bound_key;
pub(crate) mod persist;
mod rotation;
pub(crate) mod spent_tokens;
mod state;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use grantor_core::openid::check_renewed_id_token;
use grantor_core::{GrantParameters, RevocationRequest, Secret, TokenResponse, TokenTypeHint};
use tokio::sync::Mutex;

use self::bound_key::bound_key;
use self::rotation::{login_tokens, next_record, refresh_expires_at};
use self::state::{PersistOutcome, is_newer, new_record};
use super::commit::{LoginTokens, commit};
use super::election::{Election, elect, while_leased};
use super::lease::Lease;
use super::services::Services;
use super::{Acquired, Renewal};
use crate::authorization_server::token_endpoint::{TokenAnswer, TokenCall};
use crate::error::Error;
use crate::observe::event::Event;
use crate::store::records::{LoginRecord, ResourceLogin};
use crate::token::subject::PasswordCredentials;

pub(crate) struct Login {
    /// The refresh token that was handed in.
    pub(crate) initial_refresh_token: Option<Secret>,
    /// The credentials to sign in anew with, once no refresh token can be used.
    pub(crate) password: Option<PasswordCredentials>,
    /// The state as this process knows it; locked while the refresh token is in use.
    state: Mutex<Option<LoginState>>,
    /// True if the server refused what was handed in, and another login is in the store.
    initial_refused: AtomicBool,
    /// A copy of the state for those who only want to know it.
    snapshot: std::sync::Mutex<Option<LoginRecord>>,
}

/// The newest state of a login that this process has seen.
#[derive(Debug, Clone)]
struct LoginState {
    record: LoginRecord,
    persisted: bool,
}

/// The outcome of a refresh, or of a sign-in by password.
enum RefreshOutcome {
    Answer(Box<TokenAnswer>),
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
        self: &Arc<Self>,
        services: &Arc<Services>,
        renewal: &Renewal,
    ) -> Result<Acquired, Error> {
        let mut state = self.state.lock().await;
        let (record, _) = self.latest(services, &mut state).await?;
        let mut lease = match elect(services, renewal, Some(&record.login_id)).await? {
            Election::Adopted(acquired) => return Ok(acquired),
            Election::Elected(lease) => lease,
        };
        let acquired = self
            .refresh(services, renewal, &mut state, &mut lease)
            .await;
        // Others would spend what the store still holds: they wait until the lease lapses, and by
        // then the newest state is written, if the store is back.
        let persisted = state.as_ref().is_none_or(|state| state.persisted);
        if let Some(lease) = lease.filter(|_| persisted) {
            lease.release().await;
        }
        acquired
    }

    /// Begins the login of an answer in place of whatever was there, and stores it.
    pub(crate) async fn begin(
        self: &Arc<Self>,
        services: &Arc<Services>,
        answer: &TokenAnswer,
        resource_login: Option<ResourceLogin>,
    ) -> LoginTokens {
        let refresh_token = answer.response.refresh_token.clone();
        let mut record = new_record(services, refresh_token.as_ref());
        record.refresh_expires_at = refresh_expires_at(services.environment(), answer);
        record.resource_login = resource_login.map(Box::new);
        let tokens = LoginTokens {
            login_id: record.login_id.clone(),
            spent: None,
            refresh_token,
            refresh_expires_at: record.refresh_expires_at,
        };
        self.replace_with(services, record).await;
        tokens
    }

    async fn refresh(
        self: &Arc<Self>,
        services: &Arc<Services>,
        renewal: &Renewal,
        state: &mut Option<LoginState>,
        lease: &mut Option<Lease<'_>>,
    ) -> Result<Acquired, Error> {
        let retry = renewal.retry(&services.policy);
        // A refusal may mean that somebody else has renewed the login meanwhile, and after another
        // the user's password may still do.
        for _ in 0..3 {
            let (record, version) = self.latest(services, state).await?;
            let now = services.environment().now();
            let refresh_token = record.usable_refresh_token(now);
            let by_password = refresh_token.is_none();
            let grant = match (refresh_token, &self.password) {
                (Some(refresh_token), _) => GrantParameters::RefreshToken { refresh_token },
                (None, Some(user)) => user.request(),
                (None, None) => return Err(login_ended()),
            };
            let key = bound_key(services, &record)?;
            let deadline = lease.as_ref().map(Lease::deadline);
            let call = TokenCall {
                deadline,
                ..TokenCall::new(grant, &renewal.parameters, retry.clone())
            };
            let begun_at = record.resource_login.as_deref();
            let request = request_tokens(services, call.bound_to(key), begun_at);
            match while_leased(lease.as_mut(), request).await? {
                RefreshOutcome::Answer(answer) => {
                    check_same_user(renewal, &answer.response)?;
                    let environment = services.environment();
                    let next = next_record(environment, &record, &answer, lease.as_ref());
                    let login = login_tokens(&record, next.as_ref());
                    match self.persist_state(services, state, next, version).await {
                        PersistOutcome::Ours => {
                            return commit(services, renewal, &answer, Some(login)).await;
                        }
                        PersistOutcome::Another => revoke(services, &answer.response).await,
                    }
                }
                RefreshOutcome::Refused(error) if by_password => {
                    let message = format!("the user can't be signed in: {error}");
                    return Err(Error::needs_login_because(message).with_code_of(&error));
                }
                RefreshOutcome::Refused(_)
                    if self.yields_to_stored(services, state, &record).await? => {}
                RefreshOutcome::Refused(error) => {
                    let (latest, version) = self.latest(services, state).await?;
                    let another = latest.login_id != record.login_id;
                    if another || is_newer(&latest, &record) {
                        continue;
                    }
                    let ended = LoginRecord {
                        refresh_token: None,
                        ..latest
                    };
                    let _ = self
                        .persist_state(services, state, Some(ended), version)
                        .await;
                    if self.password.is_none() {
                        services.observer.emit(&Event::LoginEnded);
                        let message = format!("the login is over, sign in again: {error}");
                        return Err(Error::needs_login_because(message).with_code_of(&error));
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
    services: &Services,
    call: TokenCall,
    begun_at: Option<&ResourceLogin>,
) -> Result<RefreshOutcome, Error> {
    let server = services.server()?;
    // Another process may have begun the login anew at another server, which alone gets its tokens.
    let is_elsewhere = |login: &ResourceLogin| {
        let registration = &server.registration;
        !registration.is_client_at(&login.client_id, &login.issuer)
    };
    if begun_at.is_some_and(is_elsewhere) {
        return Err(Error::transient(
            "the login was begun anew at another server meanwhile; try again",
        ));
    }
    match server.request_token(call, &services.tasks).await {
        Ok(answer) => Ok(RefreshOutcome::Answer(Box::new(answer))),
        Err(error) if error.is_invalid_grant() => Ok(RefreshOutcome::Refused(error.into())),
        Err(error) => Err(error.into()),
    }
}

/// Refuses the ID token of another user (OpenID Connect Core section 12.2).
fn check_same_user(renewal: &Renewal, response: &TokenResponse) -> Result<(), Error> {
    let current = renewal.current.as_ref();
    let first = current.and_then(|current| current.id_token());
    match (&response.id_token, first) {
        (Some(renewed), Some(first)) => check_renewed_id_token(renewed.expose(), first)
            .map_err(|error| Error::refused(error.to_string())),
        _ => Ok(()),
    }
}

/// Revokes a refresh token that nobody will use, if the server can be reached.
async fn revoke(services: &Services, response: &TokenResponse) {
    let Some(refresh_token) = response.refresh_token.clone() else {
        return;
    };
    let mut request = RevocationRequest::new(refresh_token);
    request.token_type_hint = Some(TokenTypeHint::RefreshToken);
    if let Ok(server) = services.server()
        && let Err(error) = server.revoke(&request).await
    {
        tracing::debug!(%error, "a refresh token that is not used was not revoked");
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
