//! The server that the requests go to.

use std::sync::Arc;

use grantor_core::{Issuer, Scope, Secret};
use grantor_http::system;
use grantor_server::{NewClient, Server, StoredClients};
use grantor_site::AccountSite;
use grantor_store::{MasterKey, MemoryStore, Namespace, Stores};
use harness::{Error, Result};
use tokio::runtime::Runtime;

/// A server with every grant type of its own, and the client `client` with the secret `secret`,
/// which may do everything.
pub(crate) fn start() -> Result<(Runtime, Server)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let server = runtime.block_on(build())?;
    Ok((runtime, server))
}

async fn build() -> Result<Server> {
    let key = MasterKey::from_bytes([7; 32]).sealing_key();
    let stores = Stores::new(
        Arc::new(MemoryStore::new()),
        Namespace::new("bench"),
        system(),
    );
    let stores = stores.seal_under(key);
    let names = ["authorization_code", "client_credentials", "refresh_token"];
    let client = NewClient::confidential("client")
        .with_grant_types(names)
        .with_scope(Scope::parse("read write")?)
        .with_redirect_uri(crate::cases::REDIRECT_URI.parse()?)
        .with_secret(Secret::new("secret"));
    let clients = StoredClients::open(&stores).await?;
    clients.add(client).await.map_err(Error::from)?;
    let server = Server::builder(Issuer::parse("https://id.example.com")?, stores);
    let server = server
        .site_with(AccountSite::for_server)
        .configure(|config| {
            config.default_audience = Some("https://api.example.com".to_owned());
        });
    Ok(server.build().await?)
}
