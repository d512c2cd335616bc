//! The tokens that a redirect brings: an ID token, and an access token of the implicit flow (RFC 6749 section
//! 4.2, OpenID Connect Core sections 3.2.2 and 3.3.2).

use std::sync::Arc;
use std::time::Duration;

use grantor_core::openid::{Accompanying, IdToken, IssuedBy};
use grantor_core::{Authorized, Scope, Secret, TokenResponse};
use serde_json::{Map, Value};

use super::establish;
use super::openid::{IdTokenRequest, rules};
use crate::authorization_server::AuthorizationServer;
use crate::authorization_server::token_endpoint::TokenAnswer;
use crate::cache::slot::TokenSlot;
use crate::error::Error;

/// Validates the ID token of a redirect, if there is one. It must have the hashes of the code and of the
/// access token beside it, and `s_hash`, where it is there, that of `state`.
pub(super) async fn validate_redirected(
    server: &AuthorizationServer,
    authorized: &Authorized,
    (asked, state): (&IdTokenRequest, &str),
) -> Result<Option<IdToken>, Error> {
    let Some(token) = &authorized.id_token else {
        return Ok(None);
    };
    let with = Accompanying {
        issued_by: IssuedBy::AuthorizationEndpoint,
        access_token: authorized.access_token.as_ref().map(Secret::expose),
        code: authorized.code.as_ref().map(Secret::expose),
        state: Some(state),
    };
    let rules = rules(server, asked).await?;
    let validated = server.validate_id_token(&rules, token.expose(), &with);
    Ok(Some(validated.await?))
}

/// Begins a login with the access token of a redirect, which nothing renews. It lives from now on: when
/// the server wrote it is not known.
pub(super) async fn establish_redirected(
    slot: &Arc<TokenSlot>,
    authorized: Authorized,
) -> Result<Map<String, Value>, Error> {
    let Some(access_token) = authorized.access_token else {
        return Ok(Map::new());
    };
    let scope = authorized.scope.as_deref();
    let answer = TokenAnswer {
        response: TokenResponse {
            token_type: authorized.token_type.unwrap_or_default(),
            expires_in: authorized.expires_in.map(Duration::from_secs),
            scope: scope.and_then(|scope| Scope::parse(scope).ok()),
            id_token: authorized.id_token,
            ..TokenResponse::bearer(access_token)
        },
        sent_at: slot.renewer.services.environment().clock.elapsed(),
        dpop_key: None,
    };
    establish(slot, &answer).await
}
