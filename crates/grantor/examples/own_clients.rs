//! Clients in a table of the application, with the application's own hashes of their secrets.
//!
//! ```sh
//! cargo run -p grantor --all-features --example own_clients
//! curl -u 'partner:a secret that the partner chose' http://127.0.0.1:3000/token \
//!     -d grant_type=client_credentials
//! ```

use std::collections::HashMap;
use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::Arc;

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use grantor::axum::ServerExt;
use grantor::core::{BoxFuture, Secret};
use grantor::http::system;
use grantor::server::{
    self, Client, Clients, Credentials, Error, Registered, Server, VerifySecret,
};
use grantor::store::{MasterKey, MemoryStore};

/// The application's table: a row for each partner. It may as well be a query of a database.
#[derive(Debug)]
struct Partners(HashMap<String, Partner>);

#[derive(Debug, Clone)]
struct Partner {
    name: String,
    scope: String,
    /// A slow hash, as for any password.
    secret_hash: String,
    /// A partner that was blocked and let in again has another one: its old tokens stay invalid.
    generation: u32,
}

impl Clients for Partners {
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Registered>, Error>> {
        Box::pin(async move {
            let Some(partner) = self.0.get(id) else {
                return Ok(None);
            };
            let mut client = Client::new(id, partner.generation.to_string());
            client.name = Some(partner.name.clone());
            client.grant_types = vec!["client_credentials".to_owned()];
            client.scope = partner.scope.parse().map_err(|_| {
                Error::Internal(format!("the scope of partner {id} can't be parsed"))
            })?;
            let verifier = SlowHash(partner.secret_hash.clone());
            Ok(Some(Registered::new(
                client,
                Credentials::Own(Arc::new(verifier)),
            )))
        })
    }

    fn is_resource<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async { Ok(false) })
    }
}

/// The hash of one partner's secret.
#[derive(Debug)]
struct SlowHash(String);

impl VerifySecret for SlowHash {
    fn verify<'a>(&'a self, secret: &'a Secret) -> BoxFuture<'a, Result<bool, Error>> {
        let (hash, secret) = (self.0.clone(), secret.clone());
        Box::pin(async move {
            // A slow hash would hold up everything else on this thread.
            let verified = tokio::task::spawn_blocking(move || {
                let hash = PasswordHash::new(&hash).ok()?;
                let secret = secret.expose().as_bytes();
                Some(Argon2::default().verify_password(secret, &hash).is_ok())
            });
            let verified = verified.await.ok().flatten();
            verified.ok_or_else(|| Error::Internal("a secret's hash can't be read".to_owned()))
        })
    }
}

fn partners() -> Result<Partners, Box<dyn StdError>> {
    let salt: [u8; 16] = system().random_bytes();
    let hash = Argon2::default()
        .hash_password_with_salt(b"a secret that the partner chose", &salt)
        .map_err(|error| error.to_string())?;
    let partner = Partner {
        name: "A partner".to_owned(),
        scope: "orders".to_owned(),
        secret_hash: hash.to_string(),
        generation: 1,
    };
    Ok(Partners(HashMap::from([("partner".to_owned(), partner)])))
}

/// A server that looks its clients up there.
pub(crate) async fn server() -> Result<Server, Box<dyn StdError>> {
    let key = MasterKey::from_bytes(system().random_bytes());
    let opened = server::open("http://127.0.0.1:3000", MemoryStore::new(), key).await?;
    Ok(opened.clients(partners()?).build().await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let app: axum::Router = server().await?.routes();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, app).await?)
}
