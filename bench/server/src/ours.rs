//! The one place that knows how grantor's server is built.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::{Issuer, Scope, Secret};
use grantor_http::system;
use grantor_jose::Algorithm;
use grantor_server::grant_type::ClientCredentials;
use grantor_server::{AccessTokens, NewClient, Server, StoredClients};
use grantor_store::{MasterKey, MemoryStore, Namespace, Store, Stores};
use grantor_store_sqlite::SqliteStore;
use harness::{Error, Result};

use crate::Kind;

/// A server that gives tokens to the client `client` with the secret `secret`.
///
/// # Errors
///
/// Keys cannot be made, or the store in `directory` cannot be opened.
pub async fn build(kind: Kind, directory: &Path) -> Result<Server> {
    let store: Arc<dyn Store> = match kind {
        Kind::OpaqueSqlite => Arc::new(SqliteStore::open(directory.join("bench.db"))?),
        _ => Arc::new(MemoryStore::new()),
    };
    let key = MasterKey::from_bytes([7; 32]).sealing_key();
    let stores = Stores::new(store, Namespace::new("bench"), system()).seal_under(key);
    let client = NewClient::confidential("client")
        .with_grant_types(["client_credentials"])
        .with_scope(Scope::parse("read")?)
        .with_secret(Secret::new("secret"));
    let clients = StoredClients::open(&stores).await?;
    clients.add(client).await.map_err(Error::from)?;
    let issuer = Issuer::parse("https://id.example.com")?;
    let server = Server::builder(issuer, stores)
        .without_default_grant_types()
        .grant_type(ClientCredentials)
        .configure(|config| {
            config.access_token_lifetime = Duration::from_secs(3600);
            config.default_audience = Some("https://api.example.com".to_owned());
            config.access_tokens = match kind {
                Kind::JwtEdDsa => AccessTokens::Jwt(Algorithm::EdDsa),
                Kind::JwtEs256 => AccessTokens::Jwt(Algorithm::Es256),
                Kind::JwtRs256 => AccessTokens::Jwt(Algorithm::Rs256),
                _ => AccessTokens::Opaque,
            };
        });
    Ok(server.build().await?)
}
