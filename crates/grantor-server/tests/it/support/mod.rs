//! A server with a few clients, one user and a clock that a test moves.

pub(crate) mod assertion;
mod assertions;
mod browser;
mod clock;
mod device;
pub(crate) mod dpop;
mod exchange;
mod flow;
mod html;
mod registered;
mod reply;
mod web;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{Environment, Issuer, Params};
use grantor_server::{
    Bucket, Config, Limit, Limits, NewClient, Server, ServerBuilder, StoredClients,
};
use grantor_site::{AccountSite, Accounts, Passwords};
use grantor_store::{
    Entry, Expect, Key, MasterKey, MemoryStore, Namespace, Put, Store, Stores, Version,
};
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tower_service::Service;

pub(crate) use assertions::{Idp, WIKI, trusting};
pub(crate) use browser::Browser;
pub(crate) use clock::FakeClock;
pub(crate) use device::{Device, TV};
pub(crate) use exchange::{BACKEND, GATEWAY};
pub(crate) use flow::{API, APP, Ask, Code, MACHINE, OTHER, SPA, STATE, Tokens, Who};
pub(crate) use grantor_testkit::store::{FaultyStore as TestStore, StoreFault as Fault};
pub(crate) use html::Form;
pub(crate) use registered::{json_request, native};
pub(crate) use reply::{Reply, value};
pub(crate) use web::{DOCUMENT, PRIVATE_NAME, Web, document};

pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const RESOURCE: &str = "https://api.example";
pub(crate) const FILES: &str = "https://files.example";
pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct Fixture {
    pub(crate) server: Server,
    pub(crate) clients: StoredClients,
    pub(crate) accounts: Accounts,
    pub(crate) clock: FakeClock,
    pub(crate) store: Arc<TestStore>,
    pub(crate) stores: Stores,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(configure: impl FnOnce(&mut Config)) -> Self {
        Self::on(Arc::new(MemoryStore::new()), |builder| {
            builder.configure(configure)
        })
        .await
    }

    pub(crate) async fn on(
        store: Arc<dyn Store>,
        finish: impl FnOnce(ServerBuilder) -> ServerBuilder,
    ) -> Self {
        let clock = FakeClock::new();
        let store = Arc::new(TestStore::new(store));
        let environment = Environment {
            clock: Arc::new(clock.clone()),
            random: grantor_http::system().random,
        };
        let shared = Arc::<TestStore>::clone(&store);
        let stores = Stores::new(shared, Namespace::new(ISSUER), environment)
            .seal_under(MasterKey::from_bytes([7; 32]).sealing_key());
        let issuer = Issuer::parse(ISSUER).unwrap();
        // One user signs in all the time, and the clock does not move.
        let often = Limit::new(u64::MAX, Duration::from_secs(60));
        let limits = Limits::new(&stores).with(Bucket::LoginsToAccount, often);
        let site = AccountSite::open(&stores, Passwords::danger_cheap(), &issuer).unwrap();
        let site = site.with_limits(limits);
        let builder = Server::builder(issuer, stores.clone()).site(site);
        let builder = builder.configure(|config| {
            config.scopes = "read write".parse().unwrap();
            config.default_audience = Some(RESOURCE.to_owned());
            config.resources = vec![FILES.to_owned()];
        });
        let fixture = Self {
            server: finish(builder).build().await.unwrap(),
            clients: StoredClients::open(&stores).await.unwrap(),
            accounts: Accounts::open(&stores, Passwords::danger_cheap()).unwrap(),
            clock,
            store,
            stores,
        };
        for who in [APP, OTHER, SPA] {
            fixture.clients.add(with_codes(who)).await.unwrap();
        }
        fixture.clients.add(machine()).await.unwrap();
        fixture.clients.add(resource_server()).await.unwrap();
        fixture
            .accounts
            .add("alice", &PASSWORD.into())
            .await
            .unwrap();
        fixture
    }

    /// Wall time in seconds.
    pub(crate) fn now(&self) -> i64 {
        grantor_core::Clock::now(&self.clock).as_secs()
    }

    pub(crate) async fn send<B>(&self, request: Request<B>) -> Reply
    where
        B: http_body::Body + Send + 'static,
        B::Data: Send,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        send(&self.server, request).await
    }

    pub(crate) async fn get(&self, url: &str) -> Reply {
        self.send(Request::get(url).body(Full::<Bytes>::default()).unwrap())
            .await
    }

    /// A form from a client that authenticates.
    pub(crate) async fn post(&self, path: &str, who: Who, pairs: &[(&str, &str)]) -> Reply {
        self.send(client_request(path, who, pairs)).await
    }

    pub(crate) async fn token(&self, who: Who, pairs: &[(&str, &str)]) -> Reply {
        self.post("/token", who, pairs).await
    }

    pub(crate) async fn redeem(&self, who: Who, code: &Code) -> Reply {
        self.token(who, &code.pairs()).await
    }

    pub(crate) async fn refresh(&self, who: Who, token: &str) -> Reply {
        self.token(
            who,
            &[("grant_type", "refresh_token"), ("refresh_token", token)],
        )
        .await
    }

    pub(crate) async fn revoke(&self, who: Who, token: &str) -> Reply {
        self.post("/revoke", who, &[("token", token)]).await
    }

    pub(crate) async fn introspect(&self, who: Who, token: &str) -> Value {
        self.post("/introspect", who, &[("token", token)])
            .await
            .assert_ok()
            .json()
    }

    /// Returns whether an access token is good, as the server itself sees it.
    pub(crate) async fn is_active(&self, token: &str) -> bool {
        self.server.introspect(token).await.unwrap().active
    }

    /// A code that alice allowed, in a browser of its own.
    pub(crate) async fn code(&self, who: Who) -> Code {
        self.code_for(who, Ask::new(who)).await
    }

    pub(crate) async fn code_for(&self, who: Who, ask: Ask) -> Code {
        let mut browser = Browser::new(self);
        let login = browser.open(&ask.url()).await;
        let consent = browser.sign_in(login.assert_ok()).await;
        let done = match consent.status.as_u16() {
            303 => consent,
            _ => browser.allow(consent.assert_ok()).await,
        };
        Code {
            code: done.code(who.redirect_uri),
            verifier: ask.verifier.expose().to_owned(),
            redirect_uri: who.redirect_uri.to_owned(),
        }
    }

    pub(crate) async fn tokens(&self, who: Who) -> Tokens {
        let code = self.code(who).await;
        Tokens::of(&self.redeem(who, &code).await)
    }

    /// The records of a kind, as the store holds them.
    pub(crate) async fn records(&self, kind: [u8; 2]) -> Vec<(Key, Entry)> {
        let prefix = self.stores.namespace().prefix(kind);
        let listing = self.store.listing().unwrap();
        listing.list(&prefix, None, 1000).await.unwrap()
    }

    /// The stored record of a client.
    pub(crate) async fn record_of_client(&self, id: &str) -> (Key, Entry) {
        let all = self.records(*b"cl").await;
        let is_of = |(_, entry): &&(Key, Entry)| {
            let text = String::from_utf8_lossy(&entry.value);
            text.contains(&format!("\"id\":\"{id}\""))
        };
        all.iter().find(is_of).unwrap().clone()
    }

    /// The only record of a kind.
    pub(crate) async fn record(&self, kind: [u8; 2]) -> (Key, Entry) {
        let mut all = self.records(kind).await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.pop().unwrap()
    }

    /// Gives the records to whichever issuer serves them next, as restoring a backup without grants
    /// does.
    pub(crate) async fn forget_issuer(&self) {
        let (key, _) = self.record(*b"is").await;
        let _ = self.store.remove(&key, Expect::Any).await.unwrap();
    }

    /// Puts a record as it was, as restoring a backup does.
    pub(crate) async fn put_back(&self, key: Key, entry: &Entry) {
        let put = Put {
            key,
            value: entry.value.clone(),
            version: Version(grantor_http::system().random_bytes()),
            expires_at: entry.expires_at,
            expect: Expect::Any,
        };
        let _ = self.store.put(&put).await.unwrap();
    }
}

pub(crate) async fn send<B>(server: &Server, request: Request<B>) -> Reply
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    let Ok(answer) = server.clone().call(request).await;
    let (head, body) = answer.into_parts();
    Reply {
        status: head.status,
        headers: head.headers,
        body: body.collect().await.unwrap().to_bytes(),
    }
}

pub(crate) fn client_request(path: &str, who: Who, pairs: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let mut params = Params::new();
    for (name, value) in pairs {
        params.push((*name).to_owned(), (*value).to_owned());
    }
    let authorization = who.authentication().apply(&mut params);
    let mut request = form_request(path, &params.to_form());
    if let Some(authorization) = authorization {
        request
            .headers_mut()
            .insert(header::AUTHORIZATION, authorization);
    }
    request
}

/// A form from nobody in particular.
pub(crate) fn form_request(path: &str, body: &str) -> Request<Full<Bytes>> {
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Full::new(Bytes::from(body.to_owned())))
        .unwrap()
}

pub(crate) fn form(pairs: &[(String, String)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    form.finish()
}

pub(crate) fn with_codes(who: Who) -> NewClient {
    let new = match who.secret {
        Some(secret) => NewClient::confidential(who.id).with_secret(secret),
        None => NewClient::public(who.id),
    };
    new.with_grant_types(["authorization_code", "refresh_token"])
        .with_scope("read write".parse().unwrap())
        .with_redirect_uri(who.redirect_uri.parse().unwrap())
}

fn machine() -> NewClient {
    NewClient::confidential(MACHINE.id)
        .with_grant_types(["client_credentials"])
        .with_scope("read write".parse().unwrap())
        .with_secret(MACHINE.secret.unwrap())
}

fn resource_server() -> NewClient {
    NewClient::resource_server(API.id, RESOURCE).with_secret(API.secret.unwrap())
}

/// The name of a cookie of the server, which has the issuer's tag in it.
pub(crate) fn cookie_name(purpose: &str) -> String {
    let tag = grantor_jose::base64url::encode(grantor_jose::digest::sha256(ISSUER.as_bytes()));
    format!("__Host-grantor_{purpose}_{}", &tag[..8])
}
