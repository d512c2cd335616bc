//! Bare axum handlers without any OAuth, as the limit of what a server can reach.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use harness::Result;
use serde::Deserialize;

use crate::Kind;
use crate::signing::{Signing, Verification};

#[derive(Deserialize)]
struct TokenRequest {
    grant_type: String,
}

#[derive(Deserialize)]
struct IntrospectionRequest {
    token: String,
}

/// A router with the handler at `/token`, or at `/introspect`.
///
/// # Errors
///
/// A key cannot be made.
pub fn router(kind: Kind) -> Result<Router> {
    let signing = match kind {
        Kind::Constant => return Ok(Router::new().route("/token", post(constant))),
        Kind::Introspection => {
            return Ok(Router::new().route("/introspect", post(introspection)));
        }
        Kind::EdDsa => Signing::ed25519()?,
        Kind::Es256 => Signing::p256()?,
        Kind::Rs256 => Signing::rsa()?,
        Kind::Verification => {
            let router = Router::new().route("/token", post(verified));
            return Ok(router.with_state(Arc::new(Verification::p256()?)));
        }
    };
    let router = Router::new().route("/token", post(signed));
    Ok(router.with_state(Arc::new(signing)))
}

async fn constant(Form(form): Form<TokenRequest>) -> Response {
    match form.grant_type.as_str() {
        "client_credentials" => ([JSON], ANSWER).into_response(),
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn verified(
    State(verification): State<Arc<Verification>>,
    Form(form): Form<TokenRequest>,
) -> Response {
    match form.grant_type.as_str() {
        "client_credentials" if verification.holds() => ([JSON], ANSWER).into_response(),
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn introspection(Form(form): Form<IntrospectionRequest>) -> Response {
    match form.token.len() {
        0 => StatusCode::BAD_REQUEST.into_response(),
        _ => ([JSON], INTROSPECTION).into_response(),
    }
}

async fn signed(State(signing): State<Arc<Signing>>, Form(form): Form<TokenRequest>) -> Response {
    if form.grant_type != "client_credentials" {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let Ok(token) = signing.token() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let answer = format!(
        r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":3600,"scope":"read"}}"#
    );
    ([JSON], answer).into_response()
}

const JSON: (header::HeaderName, &str) = (header::CONTENT_TYPE, "application/json");
const INTROSPECTION: &str = concat!(
    r#"{"active":true,"scope":"read","client_id":"client","token_type":"Bearer","#,
    r#""sub":"client","iss":"https://id.example.com","exp":1900000000,"iat":1899996400,"#,
    r#""aud":"https://api.example.com"}"#,
);
const ANSWER: &str = concat!(
    r#"{"access_token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","#,
    r#""token_type":"Bearer","expires_in":3600,"scope":"read"}"#,
);
