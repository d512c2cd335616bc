//! A clock, a server and tokens for the tests.

#![allow(dead_code, reason = "every test binary uses a part of it")]

pub(crate) mod child;
pub(crate) mod socket;
#[cfg(feature = "reqwest")]
pub(crate) mod steps;
pub(crate) mod web;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantor_client::{Tokens, TokensBuilder};
use grantor_store::MemoryStore;
use grantor_testkit::store::{CountingStore, FaultyStore, StoreFault};
use grantor_testkit::{FakeClock, FakeServer, Waits, environment};
use http::{Request, Response};

pub(crate) const ISSUER: &str = "https://idp.example";
pub(crate) const API: &str = "https://api.example";

/// The writes of logins fail.
pub(crate) const LOGINS_REFUSED: StoreFault = StoreFault::RefusedPuts { kind: *b"lo" };

/// A store in memory at which a test sets faults.
pub(crate) fn faulty_store() -> Arc<FaultyStore> {
    Arc::new(FaultyStore::new(Arc::new(MemoryStore::new())))
}

/// A store in memory that keeps every put.
pub(crate) fn counting_store() -> Arc<CountingStore> {
    Arc::new(CountingStore::new(Arc::new(MemoryStore::new())))
}

/// A clock and a server, and tokens that know no others.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) clock: FakeClock,
    pub(crate) server: FakeServer,
}

impl World {
    /// Pauses are on the timer of the runtime, whose time most tests pause.
    pub(crate) fn new() -> Self {
        Self {
            clock: clock(),
            server: FakeServer::new(ISSUER),
        }
    }

    /// Renewals run on the test's own runtime, whose time does not move.
    pub(crate) fn here(&self, builder: TokensBuilder) -> TokensBuilder {
        self.thread(builder)
            .spawn_on(tokio::runtime::Handle::current())
    }

    /// Renewals run on the manager's thread.
    pub(crate) fn thread(&self, builder: TokensBuilder) -> TokensBuilder {
        builder
            .transport(self.server.clone())
            .environment(environment(&self.clock))
            .allow_origin(API)
    }

    pub(crate) fn client(&self) -> TokensBuilder {
        Tokens::client_credentials(ISSUER, "app", "s3cret")
    }

    pub(crate) fn login(&self, refresh_token: &str) -> TokensBuilder {
        Tokens::refresh_token(ISSUER, "app", refresh_token)
    }

    pub(crate) fn now(&self) -> grantor_core::Timestamp {
        environment(&self.clock).now()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn lifetime(&self, seconds: u64) {
        self.server.set_lifetime(Some(Duration::from_secs(seconds)));
    }

    /// One call of the API through a door that can send a request again.
    pub(crate) async fn call(&self, tokens: &Tokens) -> Response<Bytes> {
        let mut request = request();
        let attempt = tokens.prepare(&mut request).await.unwrap();
        let response = self.server.api(&request);
        let Some(resend) = attempt.observe(&response).await.into_resend() else {
            return response;
        };
        let attempt = resend.prepare(&mut request).await.unwrap();
        let response = self.server.api(&request);
        assert!(attempt.observe(&response).await.is_done());
        response
    }
}

/// A clock that does not move, under code that pauses on the timer of the runtime.
pub(crate) fn clock() -> FakeClock {
    let clock = FakeClock::new();
    clock.set_waits(Waits::OnTheTimer);
    clock
}

pub(crate) fn request() -> Request<()> {
    Request::get(format!("{API}/things")).body(()).unwrap()
}

pub(crate) fn bearer<B>(request: &Request<B>) -> &str {
    let header = request.headers()["authorization"].to_str().unwrap();
    header.strip_prefix("Bearer ").unwrap()
}

/// Lets everything run that can.
pub(crate) async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}
