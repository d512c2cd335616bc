//! One renewal: ask whoever gives tokens, and make the answer the current one.

pub(crate) mod election;
pub(crate) mod grant;
pub(crate) mod lease;
pub(crate) mod login;

use std::sync::Arc;
use std::time::Duration;

use grantor_core::exchange::{FetchToken, Retry};
use grantor_core::{GrantParameters, Quirks, Secret, Timestamp, TokenRequest, TokenResponse};
use grantor_http::drive_with_sleep;
use http::HeaderValue;
use url::Url;

use self::election::{Election, elect, while_leased};
use self::grant::{Grant, jwt_bearer, token_source};
use crate::authorization_server::client_authentication::EndpointAuthentication;
use crate::authorization_server::endpoint::Endpoint;
use crate::authorization_server::fetch_error::{FetchFailure, SubjectKind};
use crate::authorization_server::sent_at::{SentAt, WithinLease};
use crate::cache::registry::Manager;
use crate::cache::slot::{RenewalResult, TokenSlot};
use crate::error::Error;
use crate::observe::event::Event;
use crate::observe::hooks::RequestKind;
use crate::observe::token_change::TokenChange;
use crate::runtime::deadline::LeaseDeadline;
use crate::store::deadline::within_store_timeout;
use crate::token::access_token::AccessToken;
use crate::token::lifetime::Lifetime;
use crate::token::reason::RenewalReason;
use crate::token::subject::Subject;
use crate::token::token_set::TokenSet;

/// An answer, and when it was asked for.
pub(crate) type TokenAnswer = Result<(TokenResponse, Duration), Error>;

/// The login that a token hangs on.
pub(crate) struct LoginTokens {
    pub(crate) login_id: String,
    /// What the token was had for.
    pub(crate) spent: Option<Secret>,
    /// What the next one will be had for.
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) refresh_expires_at: Option<Timestamp>,
}

pub(crate) async fn renew(slot: &Arc<TokenSlot>, reason: RenewalReason) -> RenewalResult {
    let manager = &slot.manager;
    let now = manager.shared.environment.now();
    let rejected_token = slot.current().map(|current| current.secret());
    // While the token there is good, the next pause does what trying again would do.
    let retry = match reason {
        RenewalReason::RefreshAhead => Retry {
            attempts: 1,
            ..manager.policy.retry.clone()
        },
        RenewalReason::Missing | RenewalReason::Rejected(_) => manager.policy.retry.clone(),
    };
    match (&manager.grant, &slot.subject) {
        (Grant::Login(login), _) => login.renew(slot, rejected_token.as_ref(), retry).await,
        (Grant::StaticToken, _) => Err(Error::needs_login_because(
            "the token that was handed in is of no use any more, and nothing can renew it: hand in \
             another one",
        )),
        (Grant::TokenSource(source), _) => {
            renew_elected(
                slot,
                rejected_token.as_ref(),
                token_source::fetch(slot, &**source),
            )
            .await
        }
        // What is made for one request is of no use to other processes.
        (grant, Some(subject)) => {
            let request = grant.request(Some(subject), now).await?;
            let (answer, sent_at) = request_token(slot, request, retry).await?;
            commit(slot, answer, sent_at, None).await
        }
        (grant, None) => {
            let request = grant.request(None, now).await?;
            renew_elected(
                slot,
                rejected_token.as_ref(),
                request_token(slot, request, retry),
            )
            .await
        }
    }
}

/// Renews a token that is shared with other processes and hangs on no login.
async fn renew_elected(
    slot: &Arc<TokenSlot>,
    rejected_token: Option<&Secret>,
    fetched: impl Future<Output = TokenAnswer>,
) -> RenewalResult {
    // A store that fails, or another process that is stuck, costs a token request, no more.
    let mut lease = match elect(slot, None, rejected_token).await {
        Ok(Election::Adopted(current)) => return Ok(current),
        Ok(Election::Elected(lease)) => lease,
        Err(error) => {
            tracing::warn!(%error, "not waiting for other processes any more");
            None
        }
    };
    let outcome = match while_leased(lease.as_mut(), fetched).await {
        Ok((answer, sent_at)) => commit(slot, answer, sent_at, None).await,
        Err(error) => Err(error),
    };
    if let Some(lease) = lease {
        lease.release().await;
    }
    outcome
}

/// Asks the token endpoint.
async fn request_token(slot: &Arc<TokenSlot>, grant: GrantParameters, retry: Retry) -> TokenAnswer {
    let manager = &slot.manager;
    let app = manager.app()?;
    let (url, client) = app
        .endpoint(&manager.shared.metadata, Endpoint::Token)
        .await?;
    manager.wait_for_throttle(&retry).await?;
    let exchange = token_call(slot, grant, (&url, &client), retry);
    let (answer, sent_at) = fetch(manager, RequestKind::Token, exchange, None).await;
    let answer = answer.map_err(|error| match slot.subject {
        Some(Subject::Token(_)) => error.into_subject_error(SubjectKind::Token),
        Some(Subject::Password(_)) => error.into_subject_error(SubjectKind::Password),
        None => error.into(),
    });
    Ok((answer?, sent_at))
}

/// The token request of a slot, repeated as its grant bears it.
pub(crate) fn token_call(
    slot: &TokenSlot,
    grant: GrantParameters,
    (url, client): (&Url, &EndpointAuthentication),
    retry: Retry,
) -> FetchToken {
    let manager = &slot.manager;
    let quirks = manager
        .app
        .as_ref()
        .map_or(Quirks::NONE, |app| app.server.quirks);
    let mut request = TokenRequest {
        grant,
        parameters: (*slot.parameters).clone(),
    };
    let statement = match &manager.grant {
        Grant::JwtBearer(account) => Some(account.template(&mut request)),
        _ => None,
    };
    let mut sent = request.to_request_with(url, &client.authentication, &quirks);
    client.sign(&mut sent);
    let jitter = manager.jitter();
    let exchange = match statement {
        Some(statement) => jwt_bearer::exchange(sent, &statement, retry, jitter),
        None => FetchToken::for_grant(&request.grant, sent, retry, jitter),
    };
    exchange.with_quirks(quirks)
}

/// Carries out a token request, as long as the lease under which that is done holds. Also: when it
/// was last sent, which is when lifetimes begin.
pub(crate) async fn fetch(
    manager: &Manager,
    call: RequestKind,
    exchange: FetchToken,
    deadline: Option<LeaseDeadline>,
) -> (Result<TokenResponse, FetchFailure>, Duration) {
    let wire = manager.wire(call);
    let exchange = SentAt::new(WithinLease::new(exchange, deadline, manager));
    // Pauses are over once the tokens are closed.
    let pause = |left| async move {
        let _ = manager.closed_within(left).await;
    };
    let environment = &manager.shared.environment;
    let (answer, sent_at) = drive_with_sleep(exchange, &wire, environment, pause).await;
    let answer = answer.map_err(|error| match wire.unsigned() {
        Some(unsigned) => FetchFailure::Unsigned(unsigned),
        None => FetchFailure::Fetch(error),
    });
    (answer, sent_at)
}

/// What the answer says of the access token.
fn read(
    slot: &TokenSlot,
    answer: &TokenResponse,
    sent_at: Duration,
) -> Result<(AccessToken, Lifetime), Error> {
    if !answer.token_type.eq_ignore_ascii_case("bearer") {
        return Err(Error::refused(
            "the server gave a token of another type than \"Bearer\"",
        ));
    }
    if HeaderValue::from_str(answer.access_token.expose()).is_err() {
        return Err(Error::refused(
            "the access token does not fit into a header",
        ));
    }
    let hint = answer.extra.get("refresh_in").and_then(seconds);
    // Servers that say 0 mean that they don't say.
    let lifetime = answer.expires_in.filter(|lifetime| !lifetime.is_zero());
    let life = Lifetime {
        sent_at,
        lifetime: slot.capped(lifetime.or(slot.manager.policy.default_lifetime)),
        refresh_in: hint.map(Duration::from_secs),
    };
    let scope = answer
        .scope
        .clone()
        .or_else(|| slot.parameters.scope.clone());
    let secret = answer.access_token.clone();
    Ok((AccessToken { secret, scope }, life))
}

fn seconds(value: &serde_json::Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// Stores the access token of an answer, tells the user's program, and makes it the current one.
pub(crate) async fn commit(
    slot: &Arc<TokenSlot>,
    answer: TokenResponse,
    sent_at: Duration,
    login_tokens: Option<LoginTokens>,
) -> RenewalResult {
    let (token, life) = read(slot, &answer, sent_at)?;
    if slot.subject.is_none() {
        let login_id = login_tokens
            .as_ref()
            .map(|login_tokens| login_tokens.login_id.clone());
        store_access_token(slot, &token, &life, login_id).await;
    }
    if !slot.manager.on_change.is_empty() {
        notify_change(slot, &answer, &life, login_tokens).await;
    }
    slot.publish(token, life)
}

/// Calls the callbacks of the user's program, for a while.
async fn notify_change(
    slot: &Arc<TokenSlot>,
    answer: &TokenResponse,
    life: &Lifetime,
    login_tokens: Option<LoginTokens>,
) {
    let manager = &slot.manager;
    let login_tokens = login_tokens.as_ref();
    let old = slot.current().map(|current| TokenSet {
        refresh_token: login_tokens.and_then(|login_tokens| login_tokens.spent.clone()),
        ..current.token_set(&manager.shared.environment)
    });
    let new = TokenSet {
        expires_at: life.expires_at_time(&manager.shared.environment),
        refresh_token: login_tokens.and_then(|login_tokens| login_tokens.refresh_token.clone()),
        refresh_expires_at: login_tokens.and_then(|login_tokens| login_tokens.refresh_expires_at),
        scope: answer
            .scope
            .clone()
            .or_else(|| slot.parameters.scope.clone()),
        ..TokenSet::from_response(answer, manager.shared.environment.now())
    };
    if !manager.on_change.call(&TokenChange { old, new }).await {
        manager.emit(&Event::ChangeNotTaken);
    }
}

/// Stores an access token for others. It can be had again, so it is no harm if that fails.
async fn store_access_token(
    slot: &TokenSlot,
    token: &AccessToken,
    life: &Lifetime,
    login_id: Option<String>,
) {
    let storage = &slot.manager.storage;
    let record = storage.record(token, life, login_id);
    let key = storage.access_key(&slot.parameters);
    if let Err(error) = within_store_timeout(storage.access.overwrite(&key, &record)).await {
        tracing::warn!(%error, "an access token can't be stored");
    }
}

/// Longer than anybody means, and short enough to reckon with: a hundred years.
pub(crate) const MAX_LIFETIME: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

impl TokenSlot {
    /// What is had for a subject ends with it.
    fn capped(&self, lifetime: Option<Duration>) -> Option<Duration> {
        let lifetime = lifetime.map(|lifetime| lifetime.min(MAX_LIFETIME));
        let Some(Subject::Token(subject)) = &self.subject else {
            return lifetime;
        };
        let Some(end) = subject.expires_at else {
            return lifetime;
        };
        let left = end.since(self.manager.shared.environment.now());
        Some(lifetime.map_or(left, |lifetime| lifetime.min(left)))
    }
}
