//! oxide-auth with its axum frontend: client credentials, tokens in its own map in memory, behind one
//! mutex, as its primitives want it. The secret is kept as it is, since its Argon2 would be all that is
//! measured.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use harness::Result;
use oxide_auth::endpoint::{OwnerConsent, Solicitation};
use oxide_auth::frontends::simple::endpoint::{FnSolicitor, client_credentials_flow};
use oxide_auth::primitives::prelude::{Client, ClientMap, RandomGenerator, TokenMap};
use oxide_auth::primitives::registrar::{PasswordPolicy, RegistrarError};
use oxide_auth_axum::{OAuthRequest, OAuthResponse};

use crate::oauth_as::serve_router;

/// Serves it on this thread, for ever.
///
/// # Errors
///
/// No port is free.
pub fn serve() -> Result<()> {
    serve_router(async { router() })
}

/// The server as an axum router.
///
/// # Errors
///
/// The client is refused.
pub fn router() -> Result<Router> {
    let state = Arc::new(Mutex::new(Parts::new()?));
    Ok(Router::new().route("/token", post(token)).with_state(state))
}

struct Parts {
    clients: ClientMap,
    tokens: TokenMap<RandomGenerator>,
}

impl Parts {
    fn new() -> Result<Self> {
        let mut clients = ClientMap::new();
        clients.set_password_policy(AsItIs);
        clients.register_client(Client::confidential(
            "client",
            "https://app.example/cb".parse::<url::Url>()?.into(),
            "read".parse()?,
            b"secret",
        ));
        Ok(Self {
            clients,
            tokens: TokenMap::new(RandomGenerator::new(16)),
        })
    }
}

async fn token(State(parts): State<Arc<Mutex<Parts>>>, request: OAuthRequest) -> Response {
    let mut parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
    let Parts { clients, tokens } = &mut *parts;
    let mut solicitor = FnSolicitor(|_: &mut OAuthRequest, asked: Solicitation<'_>| {
        OwnerConsent::<OAuthResponse>::Authorized(asked.pre_grant().client_id.clone())
    });
    let mut flow = client_credentials_flow(&*clients, tokens, &mut solicitor);
    match flow.execute(request) {
        Ok(response) => response.into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

struct AsItIs;

impl PasswordPolicy for AsItIs {
    fn store(&self, _: &str, passphrase: &[u8]) -> Vec<u8> {
        passphrase.to_vec()
    }

    fn check(
        &self,
        _: &str,
        passphrase: &[u8],
        stored: &[u8],
    ) -> std::result::Result<(), RegistrarError> {
        match passphrase == stored {
            true => Ok(()),
            false => Err(RegistrarError::Unspecified),
        }
    }
}
