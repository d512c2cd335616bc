//! A grant type of your own, which issues refresh tokens as the built-in ones do.
//!
//! ```sh
//! cargo run -p grantor --all-features --example own_grant
//! curl -u 'reader:the secret of the reader' http://127.0.0.1:3000/token \
//!     -d grant_type=urn:example:badge -d badge=4711
//! ```

use std::error::Error as StdError;
use std::net::SocketAddr;

use grantor::axum::ServerExt;
use grantor::core::BoxFuture;
use grantor::http::system;
use grantor::server::{
    self, Error, GrantType, Granted, NewClient, NewGrant, Server, TokenCall, TokenContents,
};
use grantor::store::{MasterKey, MemoryStore};

/// Tokens for whoever holds a badge to the reader.
#[derive(Debug)]
struct Badge;

impl GrantType for Badge {
    fn name(&self) -> &str {
        "urn:example:badge"
    }

    fn parameters(&self) -> &[&str] {
        &["badge"]
    }

    fn decide<'a>(&'a self, call: &'a TokenCall<'a>) -> BoxFuture<'a, Result<Granted, Error>> {
        Box::pin(async move {
            let subject = match call.required("badge")? {
                "4711" => "visitor",
                _ => return Err(Error::invalid_grant("the badge is unknown")),
            };
            let scope = call.requested_scope()?;
            let audience = call.audience().await?;
            let grant = NewGrant::new(subject, scope.clone(), audience.clone());
            Ok(Granted::Open(
                Box::new(grant),
                TokenContents::new(scope, audience),
            ))
        })
    }
}

/// A server with this grant type and the built-in ones.
pub(crate) async fn server() -> Result<Server, Box<dyn StdError>> {
    let key = MasterKey::from_bytes(system().random_bytes());
    let opened = server::open("http://127.0.0.1:3000", MemoryStore::new(), key).await?;
    let server = opened.grant_type(Badge).build().await?;
    let reader = NewClient::confidential("reader")
        .with_grant_types(["urn:example:badge", "refresh_token"])
        .with_scope("doors".parse()?)
        .with_secret("the secret of the reader");
    if let Some(clients) = server.clients() {
        clients.add(reader).await?;
    }
    Ok(server)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let app: axum::Router = server().await?.routes();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, app).await?)
}
