//! Access tokens in a format of the application's: encrypted, so that clients can't read them.
//!
//! ```sh
//! cargo run -p grantor --all-features --example own_tokens
//! curl -u 'app:the secret of the app' http://127.0.0.1:3000/token -d grant_type=client_credentials
//! ```

use std::error::Error as StdError;
use std::net::SocketAddr;

use grantor::axum::ServerExt;
use grantor::core::{BoxFuture, Environment, Secret};
use grantor::http::system;
use grantor::jose::base64url;
use grantor::jose::seal::{Context, SealingKey};
use grantor::server::{self, Error, NewClient, Server, TokenFormat};
use grantor::store::{MasterKey, MemoryStore};
use serde_json::{Map, Value};

const PREFIX: &str = "acme.";

/// `acme.`, then 16 random bytes and the sealed claims, in base64url. Gateways that have the key open
/// it without asking anybody.
#[derive(Debug)]
struct Sealed {
    key: SealingKey,
    environment: Environment,
}

impl Sealed {
    fn context(version: &[u8; 16]) -> Context<'_> {
        Context {
            kind: b"access token",
            key: b"",
            version,
        }
    }

    fn open(&self, token: &str) -> Option<Map<String, Value>> {
        let bytes = base64url::decode(token.strip_prefix(PREFIX)?).ok()?;
        let (version, sealed) = bytes.split_first_chunk()?;
        let claims = self.key.open(&Self::context(version), sealed).ok()?;
        serde_json::from_slice(&claims).ok()
    }
}

impl TokenFormat for Sealed {
    fn write<'a>(&'a self, claims: &'a Map<String, Value>) -> BoxFuture<'a, Result<Secret, Error>> {
        Box::pin(async move {
            let version = self.environment.random_bytes();
            let claims = serde_json::to_vec(claims);
            let claims = claims.map_err(|error| Error::Internal(error.to_string()))?;
            let sealed = self.key.seal(&Self::context(&version), &claims);
            let sealed = sealed.map_err(|error| Error::Internal(error.to_string()))?;
            let text = base64url::encode([&version[..], &sealed].concat());
            Ok(Secret::new(format!("{PREFIX}{text}")))
        })
    }

    fn read<'a>(
        &'a self,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Option<Map<String, Value>>, Error>> {
        Box::pin(async move { Ok(self.open(token)) })
    }
}

/// A server whose access tokens look like that.
pub(crate) async fn server() -> Result<Server, Box<dyn StdError>> {
    let key = MasterKey::from_bytes(system().random_bytes());
    let opened = server::open("http://127.0.0.1:3000", MemoryStore::new(), key).await?;
    let format = Sealed {
        key: SealingKey::new(&system().random_bytes()),
        environment: system(),
    };
    let server = opened.token_format(format).build().await?;
    let app = NewClient::confidential("app")
        .with_grant_types(["client_credentials"])
        .with_scope("read".parse()?)
        .with_secret("the secret of the app");
    if let Some(clients) = server.clients() {
        clients.add(app).await?;
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
