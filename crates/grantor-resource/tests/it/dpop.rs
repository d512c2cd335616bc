//! Tokens that are bound to a key, and the proofs of it (RFC 9449).

use std::sync::Arc;
use std::time::Duration;

use axum::routing::get;
use axum::{Extension, Router};
use grantor_core::BoxFuture;
use grantor_jose::{Algorithm, Key};
use grantor_resource::{AccessToken, Dpop, DpopBuilder, protect};
use grantor_store::{
    Applied, Capabilities, Entry, Error, Expect, MemoryStore, Namespace, Put, PutOutcome,
    RemoveOutcome, Store, Stores,
};
use serde_json::{Value, json};

use crate::calls::*;
use crate::support::*;

const URL: &str = "https://api.example.com/who";

fn dpop_at(world: &World, base_url: &str) -> DpopBuilder {
    Dpop::at(base_url).environment(environment(world))
}

fn router(world: &World, dpop: DpopBuilder) -> Router {
    async fn who(Extension(token): Extension<AccessToken>) -> String {
        format!(
            "{} {}",
            token.subject.as_deref().unwrap(),
            token.jkt.is_some()
        )
    }
    let layer = protect(&world.jwt_verifier()).scope("read");
    Router::new()
        .route("/who", get(who).post(who))
        .layer(layer.dpop(&dpop.build().unwrap()))
}

/// A resource with both schemes, a client with a key, and a token that is bound to it.
struct Stage {
    world: World,
    router: Router,
    client: Client,
    token: String,
}

impl Stage {
    fn new() -> Self {
        Self::with(|dpop| dpop)
    }

    fn with(configure: impl FnOnce(DpopBuilder) -> DpopBuilder) -> Self {
        let world = World::new();
        let router = router(&world, configure(dpop_at(&world, AUDIENCE)));
        let client = Client::new();
        let token = client.token(&world, &json!({}));
        Self {
            world,
            router,
            client,
            token,
        }
    }

    fn proof(&self, claims: &Value) -> String {
        let none = json!({});
        self.client.proof(URL, &self.token, &none, claims)
    }

    async fn ask(&self, proofs: &[&str]) -> Answer {
        self.ask_as("DPoP", proofs).await
    }

    async fn ask_as(&self, scheme: &str, proofs: &[&str]) -> Answer {
        let authorization = format!("{scheme} {}", self.token);
        let mut headers = vec![("authorization", authorization.as_str())];
        headers.extend(proofs.iter().map(|proof| ("dpop", *proof)));
        call(&self.router, "GET", "/who", &headers).await
    }

    /// Asserts that a proof is refused, and says why.
    async fn rejected(&self, proof: &str) -> String {
        let answer = self.ask(&[proof]).await;
        assert_eq!(answer.error(), (401, "DPoP", "invalid_dpop_proof"));
        answer.description().to_owned()
    }
}

#[tokio::test]
async fn a_bound_token_with_its_proof_is_admitted() {
    let stage = Stage::new();
    for (scheme, jti) in [("DPoP", "1"), ("dpop", "2"), ("DPOP", "3")] {
        let proof = stage.proof(&json!({ "jti": jti }));
        let answer = stage.ask_as(scheme, &[&proof]).await;
        assert_eq!(answer.body, "user-1 true");
        assert_eq!(answer.nonce(), None);
    }
}

#[tokio::test]
async fn a_token_without_a_key_is_admitted_as_bearer() {
    let stage = Stage::new();
    let header = format!("Bearer {}", stage.world.token());
    let answer = call(&stage.router, "GET", "/who", &[("authorization", &header)]).await;
    assert_eq!(answer.body, "user-1 false");
}

#[tokio::test]
async fn rejects_a_bound_token_as_bearer_with_or_without_a_proof() {
    let stage = Stage::new();
    let proof = stage.proof(&json!({}));
    for proofs in [&[][..], &[proof.as_str()]] {
        let answer = stage.ask_as("Bearer", proofs).await;
        assert_eq!(answer.error(), (401, "Bearer", "invalid_token"));
        assert_eq!(answer.challenges[1].scheme, "DPoP");
        assert_eq!(answer.challenges[1].get("error"), None);
    }
}

#[tokio::test]
async fn rejects_a_token_without_a_key_as_dpop() {
    let mut stage = Stage::new();
    stage.token = stage.world.token();
    let proof = stage.proof(&json!({}));
    let answer = stage.ask(&[&proof]).await;
    assert_eq!(answer.error(), (401, "DPoP", "invalid_token"));
}

#[tokio::test]
async fn rejects_a_token_that_is_bound_to_another_key() {
    let stage = Stage::new();
    let thief = Client::new();
    let none = json!({});
    let proof = thief.proof(URL, &stage.token, &none, &none);
    let answer = stage.ask(&[&proof]).await;
    assert_eq!(answer.error(), (401, "DPoP", "invalid_token"));
    let description = answer.description();
    assert_eq!(
        description,
        "the token is bound to another key than the proof's"
    );
}

#[tokio::test]
async fn rejects_a_token_that_is_bound_in_another_way_too() {
    let mut stage = Stage::new();
    let jkt = stage.client.thumbprint();
    for cnf in [
        json!({ "x5t#S256": "x" }),
        json!({ "jkt": jkt, "x5t#S256": "x" }),
    ] {
        stage.token = stage.client.token(&stage.world, &json!({ "cnf": cnf }));
        let proof = stage.proof(&json!({}));
        let answer = stage.ask(&[&proof]).await;
        assert_eq!(answer.error(), (401, "DPoP", "invalid_token"), "{cnf}");
    }
}

#[tokio::test]
async fn rejects_a_request_without_a_proof_or_with_two() {
    let stage = Stage::new();
    let answer = stage.ask(&[]).await;
    assert_eq!(answer.error(), (401, "DPoP", "invalid_dpop_proof"));
    assert_eq!(
        answer.description(),
        "the header DPoP with the proof is missing"
    );
    let (one, two) = (stage.proof(&json!({})), stage.proof(&json!({ "jti": "2" })));
    for proofs in [[&*one, &*one], [&*one, &*two]] {
        let answer = stage.ask(&proofs).await;
        assert_eq!(answer.error(), (401, "DPoP", "invalid_dpop_proof"));
        assert_eq!(answer.description(), "more than one DPoP header");
    }
}

#[tokio::test]
async fn rejects_a_proof_for_another_method() {
    let stage = Stage::new();
    for htm in [json!("POST"), json!("get"), json!(null)] {
        let message = stage.rejected(&stage.proof(&json!({ "htm": htm }))).await;
        assert!(message.contains("'htm'"), "{message}");
    }
}

#[tokio::test]
async fn rejects_a_proof_for_another_url() {
    let stage = Stage::new();
    for htu in [
        json!("https://api.example.com/other"),
        json!("https://api.example.com/who/"),
        json!("https://other.example.com/who"),
        json!("http://api.example.com/who"),
        json!("https://api.example.com:8443/who"),
        json!("https://user@api.example.com/who"),
        json!("/who"),
        json!(null),
    ] {
        let message = stage.rejected(&stage.proof(&json!({ "htu": htu }))).await;
        assert!(message.contains("'htu'"), "{message}");
    }
    for (jti, htu) in [
        ("1", "HTTPS://API.example.com:443/who"),
        ("2", "https://api.example.com/%77ho"),
        ("3", "https://api.example.com/x/../who?q=1#f"),
    ] {
        let proof = stage.proof(&json!({ "htu": htu, "jti": jti }));
        assert_eq!(stage.ask(&[&proof]).await.status, 200, "{htu}");
    }
}

/// The sender of a request chooses its host.
#[tokio::test]
async fn the_url_is_that_of_the_configuration_whatever_the_host_says() {
    let stage = Stage::new();
    let authorization = format!("DPoP {}", stage.token);
    let evil = json!({ "htu": "https://evil.example/who", "jti": "2" });
    for (proof, status) in [(stage.proof(&json!({})), 200), (stage.proof(&evil), 401)] {
        let headers = [
            ("authorization", authorization.as_str()),
            ("dpop", proof.as_str()),
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
            ("forwarded", "host=evil.example"),
        ];
        let uri = "https://evil.example/who";
        let answer = call(&stage.router, "GET", uri, &headers).await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn a_proxy_may_remove_a_path_and_a_router_may_nest() {
    let world = World::new();
    let client = Client::new();
    let token = client.token(&world, &json!({}));
    let authorization = format!("DPoP {token}");
    let behind_a_proxy = router(&world, dpop_at(&world, "https://example.com/api/"));
    let nested = Router::new().nest("/v1", router(&world, dpop_at(&world, AUDIENCE)));
    for (router, path, url) in [
        (&behind_a_proxy, "/who", "https://example.com/api/who"),
        (&nested, "/v1/who", "https://api.example.com/v1/who"),
    ] {
        let proof = client.proof(url, &token, &json!({}), &json!({}));
        let headers = [("authorization", &*authorization), ("dpop", &*proof)];
        let answer = call(router, "GET", path, &headers).await;
        assert_eq!(answer.status, 200, "{url}");
    }
}

#[tokio::test]
async fn rejects_a_proof_for_another_token() {
    let stage = Stage::new();
    for ath in [
        json!("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"),
        json!(""),
        json!(null),
    ] {
        let message = stage.rejected(&stage.proof(&json!({ "ath": ath }))).await;
        assert!(message.contains("'ath'"), "{message}");
    }
}

#[tokio::test]
async fn rejects_a_proof_out_of_its_time() {
    let stage = Stage::new();
    for (iat, good) in [(-301, false), (-300, true), (60, true), (61, false)] {
        let claims = json!({ "iat": START + iat, "jti": format!("{iat}") });
        let answer = stage.ask(&[&stage.proof(&claims)]).await;
        assert_eq!(answer.status == 200, good, "{iat}");
    }
    stage.rejected(&stage.proof(&json!({ "iat": null }))).await;
    let short = Stage::with(|dpop| dpop.proof_lifetime(Duration::from_secs(10)));
    short
        .rejected(&short.proof(&json!({ "iat": START - 11 })))
        .await;
}

#[tokio::test]
async fn rejects_a_proof_that_is_no_proof() {
    let stage = Stage::new();
    let client = &stage.client;
    let private: Value = serde_json::from_str(&client.key.to_private_jwk().unwrap()).unwrap();
    let other = serde_json::to_value(Client::new().key.public().unwrap()).unwrap();
    for header in [
        json!({ "typ": "JWT" }),
        json!({ "typ": null }),
        json!({ "alg": "none" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "RS256" }),
        json!({ "jwk": null }),
        json!({ "jwk": private }),
        json!({ "jwk": other }),
        json!({ "jwk": { "kty": "oct", "k": "AAAA" } }),
        json!({ "crit": ["b64"], "b64": true }),
        json!({ "crit": ["x"], "x": 1 }),
    ] {
        let proof = client.proof(URL, &stage.token, &header, &json!({}));
        stage.rejected(&proof).await;
    }
    let good = stage.proof(&json!({}));
    for text in ["", "x", "a.b.c", &good[..good.len() - 2], &stage.token] {
        stage.rejected(text).await;
    }
    for jti in [json!(null), json!(1)] {
        stage.rejected(&stage.proof(&json!({ "jti": jti }))).await;
    }
}

#[tokio::test]
async fn rejects_algorithms_that_are_not_among_the_configured() {
    let stage = Stage::with(|dpop| dpop.signing_alg_values_supported([Algorithm::EdDsa]));
    let answer = stage.ask(&[&stage.proof(&json!({}))]).await;
    assert_eq!(answer.error(), (401, "DPoP", "invalid_dpop_proof"));
    assert_eq!(answer.challenges[0].get("algs"), Some("EdDSA"));
    let client = Client {
        key: Key::generate(Algorithm::EdDsa).unwrap(),
    };
    let token = client.token(&stage.world, &json!({}));
    let proof = client.proof(URL, &token, &json!({ "alg": "EdDSA" }), &json!({}));
    let authorization = format!("DPoP {token}");
    let headers = [("authorization", &*authorization), ("dpop", &*proof)];
    let answer = call(&stage.router, "GET", "/who", &headers).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn rejects_a_proof_that_was_used_until_it_is_too_old_anyway() {
    let stage = Stage::new();
    let proof = stage.proof(&json!({}));
    assert_eq!(stage.ask(&[&proof]).await.status, 200);
    for seconds in [0, 299, 1] {
        stage.world.clock.advance(seconds);
        let message = stage.rejected(&proof).await;
        assert_eq!(message, "the proof has been used before");
    }
    stage.world.clock.advance(1);
    assert_ne!(
        stage.rejected(&proof).await,
        "the proof has been used before"
    );
}

#[tokio::test]
async fn of_many_requests_with_one_proof_one_is_admitted() {
    let stage = Arc::new(Stage::new());
    let proof = stage.proof(&json!({}));
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (stage, proof) = (stage.clone(), proof.clone());
            tokio::spawn(async move { stage.ask(&[&proof]).await.status == 200 })
        })
        .collect();
    let mut admitted = 0;
    for task in tasks {
        admitted += usize::from(task.await.unwrap());
    }
    assert_eq!(admitted, 1);
}

#[tokio::test]
async fn the_same_jti_of_another_key_is_no_replay() {
    let stage = Stage::new();
    assert_eq!(stage.ask(&[&stage.proof(&json!({}))]).await.status, 200);
    let other = Client::new();
    let token = other.token(&stage.world, &json!({}));
    let proof = other.proof(URL, &token, &json!({}), &json!({}));
    let authorization = format!("DPoP {token}");
    let headers = [("authorization", &*authorization), ("dpop", &*proof)];
    let answer = call(&stage.router, "GET", "/who", &headers).await;
    assert_eq!(answer.status, 200);
}

/// The memory of proofs is for requests that would pass: nobody else fills it.
#[tokio::test]
async fn a_request_that_is_refused_uses_no_proof() {
    let world = World::new();
    let store = Arc::new(MemoryStore::new());
    let stores = Stores::new(store.clone(), Namespace::new("api"), environment(&world));
    let router = router(&world, Dpop::at(AUDIENCE).stores(&stores));
    let client = Client::new();
    let small = client.token(&world, &json!({ "scope": "write" }));
    let token = client.token(&world, &json!({}));
    let proof = client.proof(URL, &token, &json!({}), &json!({}));
    let proof_of_small = client.proof(URL, &small, &json!({}), &json!({}));
    for (method, token, proof, status, used) in [
        ("GET", &small, &proof_of_small, 403, 0),
        ("GET", &small, &proof, 401, 0),
        ("POST", &token, &proof, 401, 0),
        ("GET", &token, &proof, 200, 1),
        ("GET", &token, &proof, 401, 1),
    ] {
        let authorization = format!("DPoP {token}");
        let headers = [("authorization", &*authorization), ("dpop", proof)];
        let answer = call(&router, method, "/who", &headers).await;
        assert_eq!(answer.status, status, "{method}");
        assert_eq!(store.len(), used, "{method} {status}");
    }
}

/// Two processes of one API have one memory of proofs, if they share a store.
#[tokio::test]
async fn a_proof_is_used_once_across_processes_that_share_a_store() {
    let world = World::new();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let stores = Stores::new(store, Namespace::new("api"), environment(&world));
    let client = Client::new();
    let token = client.token(&world, &json!({}));
    let proof = client.proof(URL, &token, &json!({}), &json!({}));
    let authorization = format!("DPoP {token}");
    let headers = [("authorization", &*authorization), ("dpop", &*proof)];
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let router = router(&world, Dpop::at(AUDIENCE).stores(&stores));
        let answer = call(&router, "GET", "/who", &headers).await;
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses, [200, 401]);
}

/// A store whose writes fail.
#[derive(Debug)]
struct Broken(MemoryStore);

impl Store for Broken {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    fn get<'a>(
        &'a self,
        key: &'a grantor_store::Key,
    ) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.0.get(key)
    }

    fn put<'a>(&'a self, _: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async { Err(Error::unavailable("the store is down", Applied::No)) })
    }

    fn remove<'a>(
        &'a self,
        key: &'a grantor_store::Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.0.remove(key, expect)
    }
}

#[tokio::test]
async fn a_store_that_fails_admits_nobody() {
    let world = World::new();
    let store: Arc<dyn Store> = Arc::new(Broken(MemoryStore::new()));
    let stores = Stores::new(store, Namespace::new("api"), environment(&world));
    let mut stage = Stage::new();
    stage.router = router(&stage.world, Dpop::at(AUDIENCE).stores(&stores));
    let answer = stage.ask(&[&stage.proof(&json!({}))]).await;
    assert_eq!(answer.status, 503);
    assert!(answer.challenges.is_empty());
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["error"], "temporarily_unavailable");
}

#[tokio::test]
async fn a_missing_or_old_nonce_is_answered_with_a_new_one() {
    let stage = Stage::with(DpopBuilder::nonces);
    for claims in [json!({}), json!({ "nonce": "made-up" })] {
        let answer = stage.ask(&[&stage.proof(&claims)]).await;
        assert_eq!(answer.error(), (401, "DPoP", "use_dpop_nonce"));
        assert!(answer.nonce().is_some());
    }
    let nonce = stage.ask(&[&stage.proof(&json!({}))]).await;
    let nonce = nonce.nonce().unwrap().to_owned();
    let with = |jti: &str, iat: i64| {
        let claims = json!({ "nonce": nonce, "jti": jti, "iat": START + iat });
        stage.proof(&claims)
    };
    let answer = stage.ask(&[&with("1", 0)]).await;
    assert_eq!((answer.status.as_u16(), answer.nonce()), (200, None));
    // The next one comes with an answer that is nobody's to store (RFC 9449 section 8.2).
    stage.world.clock.advance(150);
    let answer = stage.ask(&[&with("2", 150)]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.nonce().is_some_and(|next| next != nonce));
    assert_eq!(answer.headers["cache-control"], "no-store");
    stage.world.clock.advance(149);
    assert_eq!(stage.ask(&[&with("3", 299)]).await.status, 200);
    stage.world.clock.advance(1);
    let answer = stage.ask(&[&with("4", 300)]).await;
    assert_eq!(answer.error(), (401, "DPoP", "use_dpop_nonce"));
}

#[tokio::test]
async fn processes_with_one_nonce_key_take_each_others_nonces() {
    let first = Stage::with(|dpop| dpop.nonce_key([1; 32]));
    let nonce = first.ask(&[&first.proof(&json!({}))]).await;
    let claims = json!({ "nonce": nonce.nonce().unwrap() });
    for (key, status) in [([1; 32], 200), ([2; 32], 401)] {
        let other = Stage::with(|dpop| dpop.nonce_key(key));
        assert_eq!(other.ask(&[&other.proof(&claims)]).await.status, status);
    }
}

#[tokio::test]
async fn a_resource_may_require_bound_tokens() {
    let stage = Stage::with(DpopBuilder::bound_access_tokens_required);
    let answer = call(&stage.router, "GET", "/who", &[]).await;
    assert_eq!(answer.error(), (401, "DPoP", ""));
    assert_eq!(answer.challenges.len(), 1);
    let header = format!("Bearer {}", stage.world.token());
    let answer = call(&stage.router, "GET", "/who", &[("authorization", &header)]).await;
    assert_eq!(answer.error(), (401, "DPoP", "invalid_token"));
    let answer = stage.ask(&[&stage.proof(&json!({}))]).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn an_introspected_token_may_be_bound_too() {
    let world = World::new();
    let client = Client::new();
    let jkt = json!({ "jkt": client.thumbprint() });
    let dpop = dpop_at(&world, AUDIENCE).build().unwrap();
    let router = Router::new()
        .route("/who", get(|| async { "you" }))
        .layer(protect(&world.introspecting_verifier()).dpop(&dpop));
    for (token, changes, status) in [
        ("opaque-1", json!({ "cnf": jkt, "token_type": "DPoP" }), 200),
        ("opaque-2", json!({ "cnf": jkt }), 200),
        ("opaque-3", json!({ "token_type": "DPoP" }), 401),
        ("opaque-4", json!({ "cnf": { "jkt": "other" } }), 401),
        ("opaque-5", json!({}), 401),
    ] {
        world.network.answer(ENDPOINT, active(&changes));
        let claims = json!({ "jti": token });
        let proof = client.proof(URL, token, &json!({}), &claims);
        let authorization = format!("DPoP {token}");
        let headers = [("authorization", &*authorization), ("dpop", &*proof)];
        let answer = call(&router, "GET", "/who", &headers).await;
        assert_eq!(answer.status, status, "{changes}");
        let authorization = format!("Bearer {token}");
        let answer = call(&router, "GET", "/who", &[("authorization", &authorization)]).await;
        assert_eq!(answer.status == 200, token == "opaque-5", "{changes}");
    }
}

#[test]
fn what_is_wrong_with_the_configuration_is_listed_at_once() {
    let none: [Algorithm; 0] = [];
    let error = Dpop::at("http://api.example.com")
        .signing_alg_values_supported(none)
        .build()
        .unwrap_err();
    assert_eq!(error.problems().len(), 2, "{error}");
    for bad in [
        "",
        "api",
        "https://a.example?x",
        "https://a.example/#f",
        "https://u@a.example",
    ] {
        assert!(Dpop::at(bad).build().is_err(), "{bad}");
    }
    for good in [
        "https://a.example",
        "https://a.example/",
        "http://127.0.0.1:80/x",
    ] {
        assert!(Dpop::at(good).build().is_ok(), "{good}");
    }
}

#[tokio::test]
async fn fapi2_security_profile_final_access_token_type_header_case_sensitivity() {
    let stage = Stage::new();
    for scheme in ["dpop", "DPOP", "dPoP"] {
        let proof = stage.proof(&json!({ "jti": scheme }));
        assert_eq!(stage.ask_as(scheme, &[&proof]).await.status, 200);
    }
}

#[tokio::test]
async fn fapi2_security_profile_final_dpop_negative_tests() {
    let stage = Stage::new();
    let good = stage.proof(&json!({}));
    assert_eq!(stage.ask(&[&good]).await.status, 200);
    let wrong = [
        json!({ "htm": "POST" }),
        json!({ "htu": "https://api.example.com/other" }),
        json!({ "ath": null }),
        json!({ "jti": null }),
        json!({ "iat": START - 3600 }),
        json!({ "iat": START + 3600 }),
    ];
    for proof in [good].into_iter().chain(wrong.map(|one| stage.proof(&one))) {
        stage.rejected(&proof).await;
    }
    assert_eq!(stage.ask(&[]).await.status, 401);
}
