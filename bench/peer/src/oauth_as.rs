//! oauth-as, the authorization server in Rust that is closest to grantor's: through its own axum
//! adapter and its own store in memory, with the same client as [`server`](../server/index.html).

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use harness::{Result, announce};
use oauth_as::client::{Client, ClientAuth, ClientId, SecretHash};
use oauth_as::grant::GrantType;
use oauth_as::http::ServiceBuilder;
use oauth_as::scope::ScopeSet;
use oauth_as::server::{AuthorizationServer, ServerConfig};
use oauth_as::store::MemoryStorage;
use tokio::net::TcpListener;

/// A router that gives opaque tokens to the client `client` with the secret `secret`, of which it keeps the
/// SHA-256.
///
/// # Errors
///
/// Its configuration is refused.
pub async fn router() -> Result<Router> {
    router_with(|_| ()).await
}

/// The same with other settings.
///
/// # Errors
///
/// Its configuration is refused.
pub async fn router_with(configure: impl FnOnce(&mut ServerConfig)) -> Result<Router> {
    let issuer = "https://id.example.com";
    let mut config = ServerConfig::new(issuer, format!("{issuer}/device"));
    config.access_token_ttl = Duration::from_secs(3600);
    configure(&mut config);
    let server = AuthorizationServer::new(config, MemoryStorage::new());
    let scopes = ScopeSet::from_tokens(["read"])?;
    let client = Client {
        client_id: ClientId::new("client"),
        auth: ClientAuth::ConfidentialSecretHash {
            hash: SecretHash::sha256("secret"),
        },
        grant_types: vec![GrantType::ClientCredentials, GrantType::AuthorizationCode],
        redirect_uris: vec![REDIRECT_URI.to_owned()],
        allowed_scopes: scopes.clone(),
        default_scopes: scopes,
        name: None,
        registration: None,
    };
    server.register_client(client).await?;
    Ok(ServiceBuilder::new(Arc::new(server)).build()?.into())
}

/// Serves it with `axum::serve` on this thread, for ever.
///
/// # Errors
///
/// No port is free, or its configuration is refused.
pub fn serve() -> Result<()> {
    serve_router(router())
}

/// Serves a router with `axum::serve` on this thread, for ever.
pub(crate) fn serve_router(router: impl Future<Output = Result<Router>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        announce(listener.local_addr()?)?;
        let listener = listener.tap_io(|stream| {
            // The same as the server that it is compared with.
            let _ = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, router.await?).await?)
    })
}

const REDIRECT_URI: &str = "https://app.example/cb";

/// Serves it with tokens signed by ECDSA on P-256, pushed requests and proofs of possession.
///
/// # Errors
///
/// No port is free, or its configuration is refused.
#[cfg(feature = "extensions")]
pub fn serve_extensions(kind: &str) -> Result<()> {
    use oauth_as::jwt::{AccessTokenFormat, EcdsaP256Key, JwtConfig};
    use oauth_as::par::ParConfig;
    let signs = kind == "oauth_as_es256";
    serve_router(router_with(move |config| {
        config.par = Some(Box::new(ParConfig::new()));
        if signs {
            let jwt = JwtConfig::new(EcdsaP256Key::generate("key-1"), "https://api.example.com");
            let jwt = jwt.with_jwks_uri("https://id.example.com/jwks");
            config.access_token_format = AccessTokenFormat::Jwt(Box::new(jwt));
        }
    }))
}
