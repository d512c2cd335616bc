//! The grant type `authorization_code`.

use grantor_core::{BoxFuture, CodeVerifier, GrantParameters, TokenRequest};
use grantor_jose::check::{holds, is_off};
use grantor_store::Versioned;

use super::{Change, End, GrantType, Granted, OnConflict, TokenCall};
use crate::error::Error;
use crate::grant::{CodeState, EndReason, Grant, GrantState};
use crate::token::{OpaqueKind, OpaqueToken, TokenContents};

/// A token for a code (RFC 6749 section 4.1.3), proved by PKCE (RFC 7636).
///
/// The code is the first state of its grant. Redeeming it is one conditional put on the grant's
/// record, so that of many parallel redemptions one wins on any store. A code that is presented again
/// by its own client, with its redirect URI and its verifier, ends the grant and every token of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuthorizationCode;

impl GrantType for AuthorizationCode {
    fn name(&self) -> &'static str {
        "authorization_code"
    }

    fn parameters(&self) -> &[&str] {
        &["code", "redirect_uri", "code_verifier"]
    }

    fn shows_pages(&self) -> bool {
        true
    }

    fn decide<'a>(&'a self, call: &'a TokenCall<'a>) -> BoxFuture<'a, Result<Granted, Error>> {
        Box::pin(redeem(call))
    }
}

async fn redeem(call: &TokenCall<'_>) -> Result<Granted, Error> {
    let request = TokenRequest::from_params(call.params())
        .map_err(|error| Error::Refused(grantor_core::ErrorResponse::from(error).into()))?;
    let GrantParameters::AuthorizationCode {
        code,
        redirect_uri,
        code_verifier,
    } = request.grant
    else {
        return Err(Error::Internal("not a code request".to_owned()));
    };
    let code = OpaqueToken::parse(OpaqueKind::Code, code.expose()).ok_or_else(bad_code)?;
    let Some(Versioned { record, version }) = call.find_grant(code.id).await? else {
        return Err(bad_code());
    };
    if !holds("code.client", record.client_id == call.client().id) {
        return Err(bad_code());
    }
    let is_its = |state: &&CodeState| holds("code.secret", code.matches(&state.hash));
    let state = record.code().filter(is_its);
    let state = state.ok_or_else(bad_code)?;
    let redeemed = !holds("code.replay", matches!(record.state, GrantState::Code(_)));
    if !redeemed && !holds("code.expiry", call.now() < state.expires_at) {
        return Err(Error::invalid_grant("the code has expired"));
    }
    // A code that was found in a log comes without its verifier, and ends nothing.
    check_code(call, state, redirect_uri.as_deref(), code_verifier.as_ref())?;
    if redeemed && is_off("code.replay_ends") {
        return Err(bad_code());
    }
    if redeemed {
        // RFC 6749 section 4.1.2: a second use "SHOULD revoke (when possible) all tokens".
        return Ok(Granted::End(End::new(
            code.id,
            EndReason::CodeReplayed,
            bad_code(),
        )));
    }
    let audience = call.narrow_audience(&record.resources)?;
    let contents = TokenContents::new(call.narrow_scope(&record.scope)?, audience)
        .with_claims(record.claims.clone());
    let change = Change {
        on_conflict: on_conflict(&record),
        unless_current: Some(bad_code()),
        ..Change::new(
            code.id,
            version,
            call.redeemed(&record)?,
            contents.for_subject(record.subject),
        )
    };
    Ok(Granted::Change(Box::new(change)))
}

/// With PKCE both requests proved the verifier, so it is one client's double send; without, nobody
/// knows.
fn on_conflict(grant: &Grant) -> OnConflict {
    match grant.code() {
        Some(code) if code.challenge.is_some() => OnConflict::Refuse(bad_code()),
        _ => OnConflict::End(EndReason::CodeRedeemedTwice, bad_code()),
    }
}

fn check_code(
    call: &TokenCall<'_>,
    state: &CodeState,
    redirect_uri: Option<&str>,
    verifier: Option<&CodeVerifier>,
) -> Result<(), Error> {
    let same_uri = match (&state.redirect_uri, redirect_uri) {
        (Some(own), Some(sent)) => own == sent,
        // OAuth 2.1 section 10.2: it left the token request, since PKCE proves what it proved.
        (Some(_), None) => state.challenge.is_some(),
        (None, None) => true,
        (None, Some(sent)) => {
            let mut registered = call.client().redirect_uris.iter();
            registered.any(|uri| uri.matches(sent))
        }
    };
    if !holds("code.redirect_uri", same_uri) {
        let description = "\"redirect_uri\" is not that of the authorization request";
        return Err(Error::invalid_grant(description));
    }
    // RFC 9449 section 10.
    let same_key = state.dpop_jkt.is_none() || state.dpop_jkt.as_deref() == call.dpop_jkt();
    if !holds("code.dpop_jkt", same_key) {
        let description = "the code is bound to another key than that of the proof";
        return Err(Error::invalid_grant(description));
    }
    let proved = match (&state.challenge, verifier) {
        (Some(challenge), Some(verifier)) => holds("pkce.proof", challenge.verify(verifier)),
        (None, None) => true,
        // RFC 9700 section 2.1.1: a verifier without a challenge is a downgrade.
        (None, Some(_)) => is_off("pkce.downgrade"),
        (Some(_), None) => is_off("pkce.verifier"),
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
