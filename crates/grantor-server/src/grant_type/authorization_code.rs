use grantor_core::{BoxFuture, CodeVerifier, GrantParameters, TokenRequest};
use grantor_store::Versioned;
use tracing::warn;

use crate::counters::count;
use crate::grant::{CodeState, GrantRecord, GrantState};
use crate::token::{Opaque, OpaqueKind};
use crate::{Error, Grant, Issue, TokenContext};

/// A token for a code (RFC 6749 section 4.1.3), proved by PKCE (RFC 7636).
///
/// The code is the first state of its grant. Redeeming it is one conditional put on the grant's
/// record, so that of many parallel redemptions one wins on any store; a code that is presented again
/// ends the grant and every token of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuthorizationCode;

impl Grant for AuthorizationCode {
    fn grant_type(&self) -> &'static str {
        "authorization_code"
    }

    fn parameters(&self) -> &[&str] {
        &["code", "redirect_uri", "code_verifier"]
    }

    fn handle<'a>(&'a self, context: &'a TokenContext<'a>) -> BoxFuture<'a, Result<Issue, Error>> {
        Box::pin(redeem(context))
    }
}

async fn redeem(context: &TokenContext<'_>) -> Result<Issue, Error> {
    let request =
        TokenRequest::from_params(context.params).map_err(|error| Error::Refused(error.into()))?;
    let GrantParameters::AuthorizationCode {
        code,
        redirect_uri,
        code_verifier,
    } = request.grant
    else {
        return Err(Error::Internal("not a code request".to_owned()));
    };
    let code = Opaque::parse(OpaqueKind::Code, code.expose()).ok_or_else(bad_code)?;
    let inner = context.inner;
    let key = inner.grant_records.key(code.id.as_bytes());
    let Some(Versioned { record, version }) = inner.grant_records.get(&key).await? else {
        return Err(bad_code());
    };
    if record.client_id != context.client.id {
        return Err(bad_code());
    }
    let state = match &record.state {
        GrantState::Code(state) if code.matches(&state.hash) => state,
        GrantState::Live { code_hash, .. } if code.matches(code_hash) => {
            // RFC 6749 section 4.1.2: a second use "SHOULD revoke (when possible) all tokens".
            count(&inner.counters.replays);
            warn!(target: "grantor::audit", grant = %code.id, client = %record.client_id, "code replayed");
            inner.end_grant(code.id, "code replayed").await?;
            return Err(bad_code());
        }
        _ => return Err(bad_code()),
    };
    check_code(
        context,
        state,
        redirect_uri.as_deref(),
        code_verifier.as_ref(),
    )?;
    if !inner.anchors_hold(&record).await? {
        return Err(bad_code());
    }
    let scope = record.scope.clone();
    let audience = context.audience_within(&record.resources)?;
    let proved = state.challenge.is_some();
    let live = live(context, &record, state);
    let refresh_token = inner.refresh_token_of(code.id, &live)?;
    match inner.grant_records.update(&key, &live, version).await? {
        Ok(_) => Ok(Issue {
            subject: Some(record.subject),
            refresh_token,
            grant: Some(code.id),
            ..Issue::new(scope, audience)
        }),
        // Both proved the verifier, so it is one client's double send; without PKCE nobody knows.
        Err(grantor_store::Conflict) if proved => Err(bad_code()),
        Err(grantor_store::Conflict) => {
            inner
                .end_grant(code.id, "code redeemed twice at once")
                .await?;
            Err(bad_code())
        }
    }
}

/// The grant once its code is redeemed.
fn live(context: &TokenContext<'_>, record: &GrantRecord, state: &CodeState) -> GrantRecord {
    let inner = context.inner;
    let wants_refresh = context.client.may_use("refresh_token") && inner.has_grant("refresh_token");
    let refresh = wants_refresh.then(|| inner.first_refresh_state(context.now));
    let lifetime = if refresh.is_some() {
        inner.config.refresh_token_lifetime
    } else {
        inner.config.access_token_lifetime
    };
    GrantRecord {
        state: GrantState::Live {
            code_hash: state.hash.clone(),
            refresh,
        },
        // A replay must still be recognized when the last access token has expired.
        expires_at: context.now + lifetime + inner.config.access_token_lifetime,
        ..record.clone()
    }
}

fn check_code(
    context: &TokenContext<'_>,
    state: &CodeState,
    redirect_uri: Option<&str>,
    verifier: Option<&CodeVerifier>,
) -> Result<(), Error> {
    if state.expires_at <= context.now {
        return Err(Error::invalid_grant("the code has expired"));
    }
    let same_uri = match (&state.redirect_uri, redirect_uri) {
        (Some(own), Some(sent)) => own == sent,
        // OAuth 2.1 section 10.2: it left the token request, since PKCE proves what it proved.
        (Some(_), None) => state.challenge.is_some(),
        (None, None) => true,
        (None, Some(sent)) => context.client.redirect_uris.iter().any(|u| u.matches(sent)),
    };
    if !same_uri {
        let description = "\"redirect_uri\" is not that of the authorization request";
        return Err(Error::invalid_grant(description));
    }
    let proved = match (&state.challenge, verifier) {
        (Some(challenge), Some(verifier)) => challenge.verify(verifier),
        (None, None) => true,
        // RFC 9700 section 2.1.1: a verifier without a challenge is a downgrade.
        _ => false,
    };
    if !proved {
        let description = "\"code_verifier\" does not prove \"code_challenge\"";
        return Err(Error::invalid_grant(description));
    }
    Ok(())
}

/// One answer for a code that is unknown, used, guessed, or another client's.
fn bad_code() -> Error {
    Error::invalid_grant("the code is unknown, used, or not this client's")
}
