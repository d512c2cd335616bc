//! The ID token of a sign-in: asked for with the scope `openid`, validated before the login begins.

use std::time::Duration;

use grantor_core::openid::{Accompanying, IdToken};
use grantor_core::{Secret, TokenResponse};

use crate::authorization_server::AuthorizationServer;
use crate::builder::TokensBuilder;
use crate::error::Error;

/// What the authorization request asked of the ID token.
#[derive(Clone, Default)]
pub(super) struct IdTokenRequest {
    /// None: the request could have none, as that of a device.
    pub(super) nonce: Option<String>,
    pub(super) max_age: Option<Duration>,
    pub(super) acr_values: Vec<String>,
    /// The code that was redeemed for it.
    pub(super) code: Option<Secret>,
}

/// Returns whether a sign-in asks for an ID token (OpenID Connect Core section 3.1.2.1).
pub(super) fn is_openid(builder: &TokensBuilder) -> Result<bool, Error> {
    let scope = builder.token_parameters()?.scope;
    Ok(scope.is_some_and(|scope| scope.contains("openid")))
}

/// Validates the ID token of an answer of the token endpoint (OpenID Connect Core section 3.1.3.7).
pub(super) async fn validate(
    server: &AuthorizationServer,
    answer: &TokenResponse,
    asked: &IdTokenRequest,
) -> Result<IdToken, Error> {
    let Some(token) = &answer.id_token else {
        return Err(Error::refused(
            "the server gave no ID token, though the scope has \"openid\"",
        ));
    };
    let mut rules = server.id_token_rules().await?;
    if let Some(nonce) = &asked.nonce {
        rules = rules.with_nonce(nonce);
    }
    if let Some(max_age) = asked.max_age {
        rules = rules.with_max_age(max_age);
    }
    let rules = rules.with_acr_values(asked.acr_values.iter().cloned());
    let with = Accompanying {
        access_token: Some(answer.access_token.expose()),
        code: asked.code.as_ref().map(Secret::expose),
        ..Accompanying::default()
    };
    server
        .validate_id_token(&rules, token.expose(), &with)
        .await
}
