//! Clients in the tables of python-oauth2's MySQL store.
//!
//! ```sh
//! cargo run -p grantor --all-features --example python_oauth2_tables
//! curl http://127.0.0.1:8080/token -d grant_type=client_credentials -d client_id=abc \
//!     -d client_secret=xyz
//! ```
//!
//! The tables are in SQLite here, with the columns and the queries of MySQL, so that the example runs
//! without a server. With a client library of MySQL only `Tables` is another.

use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};

use grantor::axum::ServerExt;
use grantor::core::{BoxFuture, RedirectUri, Secret};
use grantor::http::system;
use grantor::server::{
    self, Client, Clients, Credentials, Error, Profile, Registered, Server, VerifySecret,
};
use grantor::store::{MasterKey, MemoryStore};
use rusqlite::{Connection, OptionalExtension};

/// The tables `clients`, `client_grants` and `client_redirect_uris`.
#[derive(Debug, Clone)]
pub(crate) struct Tables(pub(crate) Arc<Mutex<Connection>>);

/// A row of `clients` with what belongs to it.
struct Row {
    id: i64,
    secret: String,
    grants: Vec<String>,
    redirect_uris: Vec<String>,
}

impl Tables {
    /// The queries of `MysqlClientStore`.
    fn fetch(&self, identifier: &str) -> rusqlite::Result<Option<Row>> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let query = "SELECT `id`, `secret` FROM `clients` WHERE `identifier` = ?";
        let found = connection.query_row(query, [identifier], |row| Ok((row.get(0)?, row.get(1)?)));
        let Some((id, secret)) = found.optional()? else {
            return Ok(None);
        };
        let list = |query: &str| {
            let mut statement = connection.prepare(query)?;
            let rows = statement.query_map([id], |row| row.get(0))?;
            rows.collect::<rusqlite::Result<Vec<String>>>()
        };
        Ok(Some(Row {
            id,
            secret,
            grants: list("SELECT `name` FROM `client_grants` WHERE `client_id` = ?")?,
            redirect_uris: list(
                "SELECT `redirect_uri` FROM `client_redirect_uris` WHERE `client_id` = ?",
            )?,
        }))
    }
}

impl Clients for Tables {
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Registered>, Error>> {
        let (tables, identifier) = (self.clone(), id.to_owned());
        Box::pin(async move {
            // The library of SQLite blocks its thread.
            let found = tokio::task::spawn_blocking(move || tables.fetch(&identifier)).await;
            let found = found.map_err(|error| Error::Internal(error.to_string()))?;
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

/// The tables as the schema of python-oauth2 has them, with a client.
pub(crate) fn tables() -> rusqlite::Result<Tables> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch(
        "CREATE TABLE `clients` (
           `id` INTEGER PRIMARY KEY AUTOINCREMENT,
           `identifier` VARCHAR(32) NOT NULL,
           `secret` VARCHAR(32) NOT NULL);
         CREATE TABLE `client_grants` (
           `id` INTEGER PRIMARY KEY AUTOINCREMENT,
           `name` VARCHAR(32) NOT NULL,
           `client_id` INT NOT NULL);
         CREATE TABLE `client_redirect_uris` (
           `id` INTEGER PRIMARY KEY AUTOINCREMENT,
           `redirect_uri` VARCHAR(128) NOT NULL,
           `client_id` INT NOT NULL);
         INSERT INTO `clients` (`identifier`, `secret`) VALUES ('abc', 'xyz');
         INSERT INTO `client_grants` (`name`, `client_id`) VALUES ('client_credentials', 1);
         INSERT INTO `client_redirect_uris` (`redirect_uri`, `client_id`)
           VALUES ('http://localhost/callback', 1);",
    )?;
    Ok(Tables(Arc::new(Mutex::new(connection))))
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
    let app: axum::Router = server(tables()?).await?.routes();
    Ok(axum::serve(listener, app).await?)
}
