//! The ID token of a sign-in: asked for with the scope `openid`, validated before the login begins.

use std::time::Duration;

use grantor_core::openid::{Accompanying, IdToken, IdTokenRules};
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
    /// The ID token of the redirect, validated.
    pub(super) redirected: Option<IdToken>,
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
    let rules = rules(server, asked).await?;
    let with = Accompanying {
        access_token: Some(answer.access_token.expose()),
        code: asked.code.as_ref().map(Secret::expose),
        ..Accompanying::default()
    };
    let id_token = server.validate_id_token(&rules, token.expose(), &with);
    let id_token = id_token.await?;
    if let Some(redirected) = &asked.redirected {
        check_same_login(redirected, &id_token)?;
    }
    Ok(id_token)
}

/// The rules of the server, and what was asked for.
pub(super) async fn rules(
    server: &AuthorizationServer,
    asked: &IdTokenRequest,
) -> Result<IdTokenRules, Error> {
    let mut rules = server.id_token_rules().await?;
    if let Some(nonce) = &asked.nonce {
        rules = rules.with_nonce(nonce);
    }
    if let Some(max_age) = asked.max_age {
        rules = rules.with_max_age(max_age);
    }
    Ok(rules.with_acr_values(asked.acr_values.iter().cloned()))
}

/// Compares the ID token of the token endpoint with that of the redirect (OpenID Connect Core section
/// 3.3.3.6).
fn check_same_login(redirected: &IdToken, redeemed: &IdToken) -> Result<(), Error> {
    for (name, holds) in [
        ("iss", redirected.issuer() == redeemed.issuer()),
        ("sub", redirected.subject() == redeemed.subject()),
    ] {
        if !holds {
            return Err(Error::refused(format!(
                "the ID token is refused: \"{name}\" is not that of the ID token in the redirect"
            )));
        }
    }
    Ok(())
}
