//! Clients from an application's own table.

use std::sync::{Arc, Mutex};

use grantor_core::{BoxFuture, Secret};
use grantor_server::{Client, Clients, Credentials, Error, Registered, VerifySecret};
use grantor_store::{Applied, MemoryStore};

use crate::support::{APP, Ask, Fixture, SPA, Who};

/// A table of an application: one client, whose epoch somebody may change, and a table that may be
/// out of reach.
#[derive(Debug, Clone)]
struct Table(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    epoch: &'static str,
    reachable: bool,
}

const MINE: Who = Who {
    id: "mine",
    secret: Some("my secret"),
    redirect_uri: "https://mine.example/cb",
};

impl Table {
    fn reach(&self) -> Result<&'static str, Error> {
        let state = self.0.lock().unwrap();
        if state.reachable {
            return Ok(state.epoch);
        }
        let error = grantor_store::Error::unavailable("the table is out of reach", Applied::No);
        Err(error.into())
    }
}

impl Clients for Table {
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Registered>, Error>> {
        Box::pin(async move {
            let mut client = Client::new(MINE.id, self.reach()?);
            client.name = Some("My application".to_owned());
            client.grant_types = vec![
                "authorization_code".to_owned(),
                "client_credentials".to_owned(),
            ];
            client.scope = "read".parse().unwrap();
            client.redirect_uris = vec![MINE.redirect_uri.parse().unwrap()];
            let credentials = Credentials::Own(Arc::new(self.clone()));
            Ok((id == MINE.id).then(|| Registered::new(client, credentials)))
        })
    }

    fn is_resource<'a>(&'a self, resource: &'a str) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move { self.reach().map(|_| resource == "https://mine.example/api") })
    }
}

/// A secret that only the application can verify, as with bcrypt in its own table.
impl VerifySecret for Table {
    fn verify<'a>(&'a self, secret: &'a Secret) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            self.reach()?;
            Ok(*secret == Secret::new(MINE.secret.unwrap()))
        })
    }
}

fn table() -> Table {
    Table(Arc::new(Mutex::new(State {
        epoch: "1",
        reachable: true,
    })))
}

async fn fixture() -> (Table, Fixture) {
    let table = table();
    let clients = table.clone();
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        builder.clients(clients)
    })
    .await;
    (table, fixture)
}

const ASK: [(&str, &str); 2] = [
    ("grant_type", "client_credentials"),
    ("resource", "https://mine.example/api"),
];

#[tokio::test]
async fn a_table_of_ones_own_is_all_there_is() {
    let (_, fixture) = fixture().await;
    let code = fixture.code(MINE).await;
    fixture.redeem(MINE, &code).await.assert_ok();
    let token = fixture
        .token(MINE, &ASK)
        .await
        .assert_ok()
        .member("access_token");
    assert_eq!(
        fixture.introspect(MINE, &token).await["aud"],
        "https://mine.example/api"
    );
    let wrong = Who {
        secret: Some("another"),
        ..MINE
    };
    fixture
        .token(wrong, &ASK)
        .await
        .assert_error(401, "invalid_client");
    // Those in the store are none of this server's.
    fixture
        .token(APP, &ASK)
        .await
        .assert_error(401, "invalid_client");
    fixture
        .get(&Ask::new(SPA).url())
        .await
        .assert_error_page(400);
}

/// A table of one client.
#[derive(Debug)]
struct One(Registered);

impl Clients for One {
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Registered>, Error>> {
        let found = (id == self.0.client.id).then(|| self.0.clone());
        Box::pin(std::future::ready(Ok(found)))
    }

    fn is_resource<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(std::future::ready(Ok(false)))
    }
}

async fn fixture_of(mut client: Client, credentials: Credentials) -> Fixture {
    client.grant_types = vec!["authorization_code".to_owned()];
    client.scope = "read".parse().unwrap();
    client.redirect_uris = vec![MINE.redirect_uri.parse().unwrap()];
    let one = One(Registered::new(client, credentials));
    Fixture::on(Arc::new(MemoryStore::new()), |builder| builder.clients(one)).await
}

#[tokio::test]
async fn a_public_client_of_a_table_needs_no_secret() {
    let client = Client::public(MINE.id, "1");
    let fixture = fixture_of(client, Credentials::None).await;
    let mine = Who {
        secret: None,
        ..MINE
    };
    let code = fixture.code(mine).await;
    fixture.redeem(mine, &code).await.assert_ok();
}

#[tokio::test]
async fn credentials_that_are_not_for_the_method_are_a_fault_of_the_server() {
    let own = || Credentials::Own(Arc::new(table()));
    let confidential = Client::new(MINE.id, "1");
    let public = Client::public(MINE.id, "1");
    for (client, credentials) in [(confidential, Credentials::None), (public, own())] {
        let secret = match client.is_public() {
            true => MINE.secret,
            false => None,
        };
        let fixture = fixture_of(client, credentials).await;
        fixture
            .token(Who { secret, ..MINE }, &ASK)
            .await
            .assert_error(500, "server_error");
    }
}

#[tokio::test]
async fn another_epoch_ends_what_was_issued() {
    let (table, fixture) = fixture().await;
    let token = fixture.token(MINE, &ASK).await.member("access_token");
    let code = fixture.code(MINE).await;
    table.0.lock().unwrap().epoch = "2";
    assert!(!fixture.is_active(&token).await);
    fixture
        .redeem(MINE, &code)
        .await
        .assert_error(400, "invalid_grant");
    let token = fixture.token(MINE, &ASK).await.member("access_token");
    assert!(fixture.is_active(&token).await);
}

#[tokio::test]
async fn a_table_out_of_reach_stops_everything() {
    let (table, fixture) = fixture().await;
    let token = fixture.token(MINE, &ASK).await.member("access_token");
    table.0.lock().unwrap().reachable = false;
    for path in ["/token", "/introspect", "/revoke"] {
        let pairs = [("token", &*token), ASK[0]];
        fixture
            .post(path, MINE, &pairs)
            .await
            .assert_error(503, "temporarily_unavailable");
    }
    fixture
        .get(&Ask::new(MINE).url())
        .await
        .assert_error_page(503);
    assert!(fixture.server.introspect(&token).await.is_err());
}
