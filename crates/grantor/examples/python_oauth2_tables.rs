//! Clients in the tables of python-oauth2's MySQL store.
//!
//! ```sh
//! TABLES=mysql://user:password@127.0.0.1/database \
//!     cargo run -p grantor --all-features --example python_oauth2_tables
//! curl http://127.0.0.1:8080/token -d grant_type=client_credentials -d client_id=abc \
//!     -d client_secret=xyz
//! ```

use std::error::Error as StdError;
use std::sync::Arc;

use grantor::axum::ServerExt;
use grantor::core::{BoxFuture, RedirectUri, Secret};
use grantor::http::system;
use grantor::server::{
    self, Client, Clients, Credentials, Error, Profile, Registered, Server, VerifySecret,
};
use grantor::store::{MasterKey, MemoryStore};
use mysql_async::Pool;
use mysql_async::prelude::Queryable;

/// The tables `clients`, `client_grants` and `client_redirect_uris` of a MySQL database.
#[derive(Debug, Clone)]
pub(crate) struct Tables(pub(crate) Pool);

/// A row of `clients` with what belongs to it.
struct Row {
    id: u64,
    secret: String,
    grants: Vec<String>,
    redirect_uris: Vec<String>,
}

impl Tables {
    /// The queries of `MysqlClientStore`.
    async fn fetch(&self, identifier: &str) -> mysql_async::Result<Option<Row>> {
        let mut connection = self.0.get_conn().await?;
        let query = "SELECT `id`, `identifier`, `secret` FROM `clients` WHERE `identifier` = ?";
        let found: Vec<(u64, String, String)> = connection.exec(query, (identifier,)).await?;
        // MySQL compares texts without their case and without spaces at their end.
        let mut found = found.into_iter().filter(|(_, own, _)| own == identifier);
        let Some((id, _, secret)) = found.next() else {
            return Ok(None);
        };
        let grants = "SELECT `name` FROM `client_grants` WHERE `client_id` = ?";
        let grants = connection.exec(grants, (id,)).await?;
        let redirect_uris =
            "SELECT `redirect_uri` FROM `client_redirect_uris` WHERE `client_id` = ?";
        let redirect_uris = connection.exec(redirect_uris, (id,)).await?;
        Ok(Some(Row {
            id,
            secret,
            grants,
            redirect_uris,
        }))
    }
}

impl Clients for Tables {
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Registered>, Error>> {
        Box::pin(async move {
            let found = self.fetch(id).await;
            let found = found.map_err(|error| Error::Internal(error.to_string()))?;
            found.map(|row| registered(id, row)).transpose()
        })
    }

    fn is_resource<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async { Ok(false) })
    }
}

fn registered(identifier: &str, row: Row) -> Result<Registered, Error> {
    // MySQL never gives an `id` again. So a client that is removed and added again has another epoch,
    // and the tokens of the first one are not valid for the second.
    let mut client = Client::new(identifier, row.id.to_string());
    let parsed = row.redirect_uris.iter().map(|uri| RedirectUri::parse(uri));
    let parsed = parsed.collect::<Result<_, _>>();
    client.redirect_uris = parsed.map_err(|error| {
        Error::Internal(format!(
            "a redirect URI of {identifier} can't be used: {error}"
        ))
    })?;
    client.grant_types = row.grants;
    // No rows meant "all" there. Here a client has what is written.
    if client.grant_types.is_empty() {
        let all = ["authorization_code", "refresh_token", "client_credentials"];
        client.grant_types = all.map(str::to_owned).to_vec();
    }
    // The tables have no scope for a client, but one for each grant type of the server.
    client.scope = "read write".parse().unwrap_or_default();
    let secret = PlainSecret(Secret::new(row.secret));
    Ok(Registered::new(client, Credentials::Own(Arc::new(secret))))
}

/// The column `secret` has the secret itself. Put a hash into it when you can.
#[derive(Debug)]
struct PlainSecret(Secret);

impl VerifySecret for PlainSecret {
    fn verify<'a>(&'a self, secret: &'a Secret) -> BoxFuture<'a, Result<bool, Error>> {
        // Secrets are compared in constant time.
        Box::pin(std::future::ready(Ok(self.0 == *secret)))
    }
}

/// A server that looks its clients up there.
pub(crate) async fn server(tables: Tables) -> Result<Server, Box<dyn StdError>> {
    let key = MasterKey::from_bytes(system().random_bytes());
    let opened = server::open("http://127.0.0.1:8080", MemoryStore::new(), key).await?;
    let opened = opened.configure(|config| {
        config.profile = Profile::Legacy20;
        let machines = config.grant_type("client_credentials");
        machines.scope = "read".parse().ok();
    });
    Ok(opened.clients(tables).build().await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    let tables = Tables(Pool::from_url(std::env::var("TABLES")?)?);
    let app: axum::Router = server(tables).await?.routes();
    Ok(axum::serve(listener, app).await?)
}
