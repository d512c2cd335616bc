//! How often a request at the token endpoint waits for a store that is far away.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantor_jose::{Algorithm, Key};
use grantor_server::{AccessTokens, Config, Rotation};
use grantor_store::MemoryStore;
use grantor_testkit::store::WaitsStore;
use http::Request;
use http_body_util::Full;

use crate::support::assertion::{Signing, request};
use crate::support::dpop::{Prover, with_proof};
use crate::support::{APP, Fixture, MACHINE, Reply, SPA, Tokens, Who, client_request};

/// A server whose store is far away, in which nothing is cached unless a test says so.
struct Far {
    store: Arc<WaitsStore>,
    fixture: Fixture,
}

impl Far {
    async fn with(kind: AccessTokens, rotation: Rotation) -> Self {
        Self::configured(|config| {
            config.access_tokens = kind;
            config.rotation = rotation;
        })
        .await
    }

    async fn configured(configure: impl FnOnce(&mut Config)) -> Self {
        let store = Arc::new(WaitsStore::new(Arc::new(MemoryStore::new())));
        let shared = Arc::clone(&store);
        let fixture = Fixture::on(shared, |builder| builder.configure(configure));
        let fixture = fixture.await;
        Self { store, fixture }
    }

    async fn new() -> Self {
        Self::with(AccessTokens::Opaque, Rotation::Always).await
    }

    /// The answer to a request, and how often it waited.
    fn count(&self, request: Request<Full<Bytes>>) -> (Reply, usize) {
        let (reply, waits) = self.store.count(self.fixture.send(request));
        assert_eq!(reply.status, 200, "{reply:?}");
        (reply, waits)
    }

    /// The same, a second later than everything else, so that nothing is cached.
    fn count_cold(&self, request: Request<Full<Bytes>>) -> (Reply, usize) {
        self.fixture.clock.advance(1);
        self.count(request)
    }

    async fn redemption(&self, who: Who) -> Request<Full<Bytes>> {
        client_request("/token", who, &self.fixture.code(who).await.pairs())
    }
}

fn refresh(who: Who, token: &str) -> Request<Full<Bytes>> {
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", token)];
    client_request("/token", who, &pairs)
}

#[tokio::test]
async fn client_credentials_wait_once() {
    let far = Far::new().await;
    let ask = || client_request("/token", MACHINE, &[("grant_type", "client_credentials")]);
    assert_eq!(far.count_cold(ask()).1, 2, "the client, and the token");
    assert_eq!(far.count(ask()).1, 1, "the client is cached");
}

/// A copy of a client saves the wait for as long as the configuration says, and no longer.
#[tokio::test]
async fn a_copy_of_a_client_is_as_old_as_allowed() {
    for (allowed, waits) in [(0, 2), (1, 1), (30, 1)] {
        let seconds = Duration::from_secs(allowed);
        let far = Far::configured(|config| config.client_cache = seconds).await;
        let ask = || client_request("/token", MACHINE, &[("grant_type", "client_credentials")]);
        assert_eq!(far.count_cold(ask()).1, 2);
        let millis = (allowed * 1000).saturating_sub(1);
        far.fixture.clock.advance_millis(millis);
        assert_eq!(far.count(ask()).1, waits, "{allowed}");
        // By another process.
        assert!(far.fixture.clients.remove(MACHINE.id).await.unwrap());
        let status = |reply: &Reply| reply.status.as_u16();
        let (reply, _) = far.store.count(far.fixture.send(ask()));
        assert_eq!(status(&reply) == 200, allowed > 0, "{allowed}: {reply:?}");
        far.fixture.clock.advance_millis(1);
        let (reply, _) = far.store.count(far.fixture.send(ask()));
        assert_eq!(status(&reply), 401, "{allowed}");
    }
}

#[tokio::test]
async fn a_code_exchange_waits_three_times() {
    for kind in [AccessTokens::Opaque, AccessTokens::Jwt(Algorithm::Es256)] {
        let far = Far::with(kind, Rotation::Always).await;
        for who in [APP, SPA] {
            let redemption = far.redemption(who).await;
            assert_eq!(far.count_cold(redemption).1, 3, "{kind:?} {who:?}");
        }
    }
}

#[tokio::test]
async fn a_refresh_waits_three_times_and_without_rotation_twice() {
    let far = Far::new().await;
    let tokens = far.fixture.tokens(APP).await;
    let (reply, waits) = far.count_cold(refresh(APP, &tokens.refresh));
    assert_eq!(waits, 3);
    assert_ne!(Tokens::of(&reply).refresh, tokens.refresh);

    let far = Far::with(AccessTokens::Opaque, Rotation::default()).await;
    let tokens = far.fixture.tokens(APP).await;
    let (_, waits) = far.count_cold(refresh(APP, &tokens.refresh));
    assert_eq!(waits, 2);
}

#[tokio::test]
async fn each_guard_against_replay_is_one_wait_more() {
    let far = Far::new().await;
    let (fixture, prover) = (&far.fixture, Prover::new());
    let redemption = far.redemption(SPA).await;
    fixture.clock.advance(1);
    let proof = prover.proof(fixture, "/token", None);
    let (reply, waits) = far.count(with_proof(redemption, &proof));
    assert_eq!(waits, 4, "the proof");
    let bound = Tokens::of(&reply);
    fixture.clock.advance(1);
    let proof = prover.proof(fixture, "/token", None);
    let refresh = with_proof(refresh(SPA, &bound.refresh), &proof);
    assert_eq!(far.count(refresh).1, 4, "the proof");

    let key = Key::generate(Algorithm::Es256).unwrap();
    let signing = Signing::register(fixture, "signing", key).await;
    let ask = |assertion: &str| {
        let pairs = [("grant_type", "client_credentials")];
        request("/token", assertion, &pairs)
    };
    assert_eq!(far.count(ask(&signing.assertion(fixture))).1, 3, "cold");
    assert_eq!(far.count(ask(&signing.assertion(fixture))).1, 2);
}

/// What was read ahead decides nothing: the grant is that of the client, and of its newest version.
#[tokio::test]
async fn a_grant_that_was_read_ahead_is_still_the_clients() {
    let far = Far::new().await;
    let code = far.fixture.code(APP).await;
    far.fixture.clock.advance(1);
    let stolen = client_request("/token", SPA, &code.pairs());
    let (reply, _) = far.store.count(far.fixture.send(stolen));
    reply.assert_error(400, "invalid_grant");
    let unauthenticated = Who {
        secret: Some("another secret"),
        ..APP
    };
    far.fixture.clock.advance(1);
    let guessed = client_request("/token", unauthenticated, &code.pairs());
    let (reply, _) = far.store.count(far.fixture.send(guessed));
    reply.assert_error(401, "invalid_client");
    far.fixture.clock.advance(1);
    far.count(client_request("/token", APP, &code.pairs()));
}
