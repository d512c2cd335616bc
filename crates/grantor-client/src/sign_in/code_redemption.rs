//! The end of a sign-in: the redirect is checked, its code redeemed if it has one, and the login stored.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::openid::IdToken;
use grantor_core::{CodeVerifier, GrantParameters, Secret};
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::code_flow::CodeFlow;
use super::openid::{IdTokenRequest, is_openid, validate};
use super::pending::PendingAuthorization;
use super::redirect_tokens::{establish_redirected, validate_redirected};
use super::{SignedIn, establish};
use crate::authorization_server::token_endpoint::TokenCall;
use crate::cache::slot::TokenSlot;
use crate::error::Error;
use crate::token::dpop_key::DpopKey;

impl CodeFlow {
    /// Ends a sign-in: checks the redirect, redeems the code, stores the login.
    ///
    /// `redirect` is the URL of the redirect, or the part of it that has the answer: the query, the
    /// fragment, or the body of the form that the browser posted, as the
    /// [`response_mode`](Self::response_mode) says. The code is sent once; a caller who is dropped
    /// meanwhile finds the login in the store.
    ///
    /// # Errors
    /// The sign-in was begun at another server or for other demands, the redirect is not an answer to it,
    /// the user or the server said no, or the code can't be redeemed.
    pub async fn finish(
        &self,
        pending: PendingAuthorization,
        redirect: &str,
    ) -> Result<SignedIn, Error> {
        if pending.issuer != self.name() {
            return Err(Error::configuration(
                "the sign-in was begun with another server",
            ));
        }
        let answer = pending.answer();
        let authorized = self
            .server
            .answer_of_redirect((&pending.state, &answer), redirect);
        let authorized = authorized.await?;
        let code_verifier = CodeVerifier::parse(&pending.code_verifier).map_err(|_| damaged())?;
        let mut asked = self.id_token_request(&pending, authorized.code.as_ref())?;
        if let Some(asked) = &mut asked {
            let with = (&*asked, pending.state.as_str());
            asked.redirected = validate_redirected(&self.server, &authorized, with).await?;
        }
        let dpop_key = match &pending.dpop_key {
            Some(stored) => Some(DpopKey::from_stored(stored).ok_or_else(damaged)?),
            None => None,
        };
        let tokens = self.builder.clone().dpop_key(dpop_key).build()?;
        let (sender, outcome) = oneshot::channel();
        let slot = Arc::clone(&tokens.slot);
        let tasks = &tokens.services().tasks;
        tasks.ensure_open()?;
        tasks.spawn(async move {
            let outcome = match authorized.code.clone() {
                Some(code) => {
                    let grant = GrantParameters::AuthorizationCode {
                        code,
                        redirect_uri: Some(pending.redirect_uri),
                        code_verifier: Some(code_verifier),
                    };
                    redeem(&slot, grant, asked).await
                }
                None => establish_redirected(&slot, authorized)
                    .await
                    .map(|extra| (extra, asked.and_then(|asked| asked.redirected))),
            };
            let _ = sender.send(outcome);
        });
        match outcome.await {
            Ok(outcome) => outcome.map(|(extra, id_token)| SignedIn {
                tokens,
                id_token,
                extra,
            }),
            Err(_) => Err(Error::transient("the sign-in was abandoned; sign in again")),
        }
    }
}

impl CodeFlow {
    /// The rules for the ID token of a sign-in: what it asked for when it began, and what this flow
    /// demands, which may be a copy of the one that began it, with other settings.
    fn id_token_request(
        &self,
        pending: &PendingAuthorization,
        code: Option<&Secret>,
    ) -> Result<Option<IdTokenRequest>, Error> {
        let Some(nonce) = &pending.nonce else {
            return match is_openid(&self.builder)? {
                true => Err(damaged()),
                false => Ok(None),
            };
        };
        let asked_age = pending.max_age.map(Duration::from_secs);
        let ages = [asked_age, self.max_age].into_iter().flatten();
        Ok(Some(IdTokenRequest {
            nonce: Some(nonce.clone()),
            max_age: ages.min(),
            acr_values: in_both(&pending.acr_values, &self.acr_values)?,
            code: code.cloned(),
            redirected: None,
        }))
    }
}

/// The classes of authentication that are in both lists; an empty list has all.
fn in_both(asked: &[String], demanded: &[String]) -> Result<Vec<String>, Error> {
    if asked.is_empty() || demanded.is_empty() {
        return Ok([asked, demanded].concat());
    }
    let common = demanded.iter().filter(|value| asked.contains(value));
    let common: Vec<_> = common.cloned().collect();
    match common.is_empty() {
        true => Err(Error::configuration(
            "the sign-in was begun with other \"acr_values\" than it is to end with",
        )),
        false => Ok(common),
    }
}

fn damaged() -> Error {
    Error::configuration("the pending sign-in is damaged")
}

async fn redeem(
    slot: &Arc<TokenSlot>,
    grant: GrantParameters,
    asked: Option<IdTokenRequest>,
) -> Result<(Map<String, Value>, Option<IdToken>), Error> {
    let services = &slot.renewer.services;
    let call = TokenCall::new(grant, &slot.parameters, services.policy.retry.clone());
    let call = call.bound_to(services.dpop_key.clone());
    let server = services.server()?;
    let answer = server.request_token(call, &services.tasks).await?;
    let id_token = match asked {
        Some(asked) => Some(validate(&server, &answer.response, &asked).await?),
        None => None,
    };
    Ok((establish(slot, &answer).await?, id_token))
}
