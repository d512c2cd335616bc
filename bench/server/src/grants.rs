//! A server with every default grant type, whose one user is signed in.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::{BoxFuture, Issuer, Scope, Secret, Timestamp};
use grantor_http::system;
use grantor_server::{
    Clients, Decision, Interaction, Login, NewClient, Page, Server, SignIn, Site, SiteError,
    StoredClients,
};
use grantor_store::{MasterKey, MemoryStore, Namespace, Store, Stores};
use harness::{Error, Result};
use http::StatusCode;

/// The issuer, which no request is sent to.
pub const ISSUER: &str = "https://id.example.com";
/// The namespace of its records.
pub const NAMESPACE: &str = "bench";
/// Where the client's codes go.
pub const REDIRECT_URI: &str = "https://app.example/cb";

/// A server in memory, for the client `client` with the secret `secret`, which may do everything.
///
/// # Errors
///
/// Keys cannot be made.
pub async fn build_with_grants() -> Result<Server> {
    build_with_grants_on(Arc::new(MemoryStore::new())).await
}

/// The same in another store.
///
/// # Errors
///
/// Keys cannot be made, or the store fails.
pub async fn build_with_grants_on(store: Arc<dyn Store>) -> Result<Server> {
    let key = MasterKey::from_bytes([7; 32]).sealing_key();
    let stores = Stores::new(store, Namespace::new(NAMESPACE), system()).seal_under(key);
    let names = ["authorization_code", "client_credentials", "refresh_token"];
    let client = NewClient::confidential("client")
        .with_grant_types(names)
        .with_scope(Scope::parse("read")?)
        .with_redirect_uri(REDIRECT_URI.parse()?)
        .with_secret(Secret::new("secret"));
    let clients = StoredClients::open(&stores).await?;
    match clients.add(client).await {
        Ok(_) => {}
        // The store is from an earlier start.
        Err(_) if clients.find("client").await?.is_some() => {}
        Err(error) => return Err(Error::from(error)),
    }
    let server = Server::builder(Issuer::parse(ISSUER)?, stores);
    let server = server.site(SignedIn).configure(|config| {
        config.access_token_lifetime = Duration::from_secs(3600);
        config.code_lifetime = Duration::from_secs(600);
        config.default_audience = Some("https://api.example.com".to_owned());
    });
    Ok(server.build().await?)
}

/// A site whose user is signed in, and asked once.
#[derive(Debug)]
struct SignedIn;

impl Site for SignedIn {
    fn login<'a>(
        &'a self,
        _: &'a Interaction<'a>,
    ) -> BoxFuture<'a, std::result::Result<SignIn, SiteError>> {
        let login = Login::new("alice", Timestamp::from_secs(1_700_000_000));
        Box::pin(std::future::ready(Ok(SignIn::Is(login))))
    }

    fn consent<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
        _: &'a Login,
    ) -> BoxFuture<'a, std::result::Result<Decision, SiteError>> {
        Box::pin(std::future::ready(decide(interaction)))
    }
}

fn decide(interaction: &Interaction<'_>) -> std::result::Result<Decision, SiteError> {
    if interaction.is_remembered() {
        return Ok(Decision::Remembered);
    }
    if interaction.submitted().is_some() {
        return Ok(Decision::Allow(interaction.requested()));
    }
    let form = interaction
        .form("ask")
        .map_err(|error| SiteError::new(error.to_string()))?;
    let page = format!(
        "<form method=\"post\" action=\"{}\">{}<button></form>",
        form.action(),
        form.hidden_html()
    );
    Ok(Decision::Page(Page::html(StatusCode::OK, page)))
}
