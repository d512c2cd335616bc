//! After an answer: its access token is read, stored for other processes, and the program is notified
//! of it, before anybody uses it.

use std::time::Duration;

use grantor_core::{Secret, Timestamp, TokenResponse};
use serde_json::{Map, Value};

use super::services::Services;
use super::{Acquired, Origin, Renewal};
use crate::authorization_server::token_endpoint::TokenAnswer;
use crate::error::Error;
use crate::observe::event::Event;
use crate::observe::token_change::TokenChange;
use crate::store::deadline::within_store_timeout;
use crate::token::credential::{Credential, TokenType, UnfitForHeader};
use crate::token::lifetime::{Lifetime, MAX_LIFETIME};
use crate::token::subject::Subject;
use crate::token::token_set::TokenSet;

/// The login that renews a token.
pub(crate) struct LoginTokens {
    pub(crate) login_id: String,
    /// The refresh token for which the token was given.
    pub(crate) spent: Option<Secret>,
    /// The refresh token for which the next one will be given.
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) refresh_expires_at: Option<Timestamp>,
    /// The ID token that the login began with.
    pub(crate) id_token: Option<Secret>,
}

/// Stores the access token of an answer and notifies the program of it.
pub(crate) async fn commit(
    services: &Services,
    renewal: &Renewal,
    answer: &TokenAnswer,
    login: Option<LoginTokens>,
) -> Result<Acquired, Error> {
    let id_token = login.as_ref().and_then(|login| login.id_token.as_ref());
    let credential = read(services, renewal, answer, id_token)?;
    let lifetime = lifetime(services, renewal, answer);
    if renewal.subject.is_none() {
        let login_id = login.as_ref().map(|login| login.login_id.clone());
        store_access_token(services, renewal, &credential, &lifetime, login_id).await;
    }
    if !services.observer.changes.is_empty() {
        notify_change(services, renewal, &credential, &lifetime, login).await;
    }
    Ok(Acquired {
        credential,
        lifetime,
        from: Origin::Requested,
    })
}

/// The access token of an answer. One that is no access token comes by token exchange only.
fn read(
    services: &Services,
    renewal: &Renewal,
    answer: &TokenAnswer,
    id_token: Option<&Secret>,
) -> Result<Credential, Error> {
    let response = &answer.response;
    let exchanged = matches!(renewal.subject, Some(Subject::Token(_)));
    let token_type = TokenType::parse(&response.token_type).filter(|token_type| {
        let is_none = *token_type == TokenType::NotApplicable;
        services.scheme.carries(*token_type) || (exchanged && is_none)
    });
    let Some(token_type) = token_type else {
        // A server may put anything there, the token too.
        let is_token = response.token_type == response.access_token.expose();
        let token_type = if is_token { "" } else { &response.token_type };
        return Err(Error::refused(format!(
            "the server gave a token of {}",
            services.scheme.other_type(token_type)
        )));
    };
    let credential = Credential::new(token_type, &response.access_token);
    let credential = credential.map_err(|UnfitForHeader| {
        Error::refused("the access token has a character that no header can carry")
    })?;
    let scope = response.scope.clone();
    Ok(credential
        .with_key(answer.dpop_key.clone())
        .with_scope(scope.or_else(|| renewal.parameters.scope.clone()))
        .with_extra(kept_members(renewal, response, id_token)))
}

/// The members of an answer, and the ID token of the login if a renewal brought none.
fn kept_members(
    renewal: &Renewal,
    response: &TokenResponse,
    first: Option<&Secret>,
) -> Map<String, Value> {
    let mut members = further_members(response);
    let current = renewal
        .current
        .as_ref()
        .filter(|_| renewal.subject.is_none());
    let newest = current.and_then(|current| current.id_token());
    if let Some(id_token) = newest.or(first.map(Secret::expose)) {
        let kept = members.entry("id_token");
        kept.or_insert_with(|| id_token.into());
    }
    members
}

/// The members of an answer that a token keeps beside those that are read here.
pub(crate) fn further_members(response: &TokenResponse) -> Map<String, Value> {
    let mut members = response.extra.clone();
    if let Some(id_token) = &response.id_token {
        members.insert("id_token".to_owned(), id_token.expose().into());
    }
    members
}

fn lifetime(services: &Services, renewal: &Renewal, answer: &TokenAnswer) -> Lifetime {
    let response = &answer.response;
    let hint = response.extra.get("refresh_in").and_then(seconds);
    // Servers that say 0 mean that they don't say.
    let said = response.expires_in.filter(|lifetime| !lifetime.is_zero());
    let lifetime = said.or(services.policy.default_lifetime);
    let lifetime = lifetime.map(|lifetime| lifetime.min(MAX_LIFETIME));
    Lifetime {
        sent_at: answer.sent_at,
        lifetime: capped(services, renewal, lifetime),
        refresh_in: hint.map(Duration::from_secs),
    }
}

/// A token for a subject expires with the subject's token.
fn capped(services: &Services, renewal: &Renewal, lifetime: Option<Duration>) -> Option<Duration> {
    let Some(Subject::Token(subject)) = &renewal.subject else {
        return lifetime;
    };
    let Some(end) = subject.expires_at else {
        return lifetime;
    };
    let left = end.since(services.environment().now());
    Some(lifetime.map_or(left, |lifetime| lifetime.min(left)))
}

fn seconds(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// Calls the callbacks of the program, for a while.
async fn notify_change(
    services: &Services,
    renewal: &Renewal,
    credential: &Credential,
    lifetime: &Lifetime,
    login: Option<LoginTokens>,
) {
    let environment = services.environment();
    let login = login.as_ref();
    let old = renewal.current.as_ref().map(|current| TokenSet {
        refresh_token: login.and_then(|login| login.spent.clone()),
        ..current.token_set(environment)
    });
    let new = TokenSet {
        token_type: credential.token_type.as_str().to_owned(),
        scope: credential.scope.clone(),
        expires_at: lifetime.expires_at_time(environment),
        refresh_token: login.and_then(|login| login.refresh_token.clone()),
        refresh_expires_at: login.and_then(|login| login.refresh_expires_at),
        ..TokenSet::new(credential.secret())
    };
    let change = TokenChange { old, new };
    if !services.observer.changes.call(&change).await {
        services.observer.emit(&Event::ChangeNotTaken);
    }
}

/// Stores an access token for others. It can be requested again, so it is no harm if that fails.
async fn store_access_token(
    services: &Services,
    renewal: &Renewal,
    credential: &Credential,
    lifetime: &Lifetime,
    login_id: Option<String>,
) {
    let store = &services.store;
    let record = store.record(credential, lifetime, login_id);
    let key = store.access_key(&renewal.parameters);
    if let Err(error) = within_store_timeout(store.access.overwrite(&key, &record)).await {
        tracing::warn!(%error, "an access token can't be stored");
    }
}
