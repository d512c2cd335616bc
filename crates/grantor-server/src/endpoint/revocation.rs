//! Revocation (RFC 7009).

use grantor_core::{BoxFuture, ErrorCode, RevocationRequest};
use grantor_jose::check::holds;

use crate::client::Client;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::grant::{EndReason, Grant, RefreshTokenText};
use crate::http::{Call, Reply};
use crate::services::Services;
use crate::state::State;

pub(crate) fn run<'a>(state: &'a State, call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
    let services = &state.services;
    Box::pin(async move {
        let caller = call.client()?;
        let request = RevocationRequest::from_params(&call.params)
            .ok_or_else(|| Error::invalid_request("\"token\" is missing"))?;
        let token = request.token.expose();
        // The form of a token says what it is, so the hint is not needed. A token that is unknown is
        // revoked already (RFC 7009 section 2.2).
        if let Some(presented) = RefreshTokenText::parse(token) {
            revoke_refresh_token(services, caller, &presented).await?;
        } else if services.tokens.revoke(token, |id| own(caller, id)).await? {
            services.events.tell(&Event {
                endpoint: Some("revocation"),
                client_id: Some(&caller.id),
                ..Event::new(EventKind::AccessTokenRevoked)
            });
        }
        Ok(Reply::empty())
    })
}

async fn revoke_refresh_token(
    services: &Services,
    caller: &Client,
    presented: &RefreshTokenText,
) -> Result<(), Error> {
    let Some(grant) = services.grants.of_refresh_token(presented).await? else {
        return Ok(());
    };
    if !own(caller, &grant.client_id)? {
        return Ok(());
    }
    // Anybody can be a public client: a token of it that was replaced long ago, found in a log, must
    // not end a login.
    let may_end = !caller.is_public() || is_recent(&grant, presented);
    if !holds("revocation.replaced", may_end) {
        return Ok(());
    }
    let id = presented.claims.grant;
    services.end_grant(id, EndReason::RevokedByClient).await
}

/// Returns whether a genuine refresh token is the current one, its predecessor, or newer than the
/// record.
fn is_recent(grant: &Grant, presented: &RefreshTokenText) -> bool {
    let Some(state) = grant.refresh_state() else {
        return true;
    };
    presented.claims.generation.saturating_add(1) >= state.generation
}

/// RFC 7009 section 2.1: the token must have been issued to the client that revokes it. Anybody can be
/// a public client, and does not learn that a token of another client is genuine: it is as an unknown
/// one to them.
fn own(caller: &Client, client_id: &str) -> Result<bool, Error> {
    if holds("revocation.owner", caller.id == client_id) {
        return Ok(true);
    }
    if caller.is_public() {
        return Ok(false);
    }
    let description = "the token was issued to another client";
    Err(Error::refused(ErrorCode::UnauthorizedClient, description))
}
