//! Tokens that are bound to a key (RFC 9449).

use std::sync::Arc;

use grantor_jose::{Algorithm, Key};
use grantor_server::{AccessTokens, Config};
use grantor_store::{MemoryStore, Store};
use grantor_store_sqlite::SqliteStore;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::dpop::{Prover, with_proof};
use crate::support::{
    API, APP, Ask, Code, Fault, Fixture, ISSUER, MACHINE, Reply, SPA, Tokens, Who, client_request,
    send,
};

const ASK: [(&str, &str); 1] = [("grant_type", "client_credentials")];

async fn ask_with(fixture: &Fixture, proof: &str) -> Reply {
    let request = client_request("/token", MACHINE, &ASK);
    fixture.send(with_proof(request, proof)).await
}

fn refreshing(token: &str) -> [(&str, &str); 2] {
    [("grant_type", "refresh_token"), ("refresh_token", token)]
}

#[tokio::test]
async fn a_token_is_bound_to_the_key_in_each_format() {
    for format in [
        AccessTokens::Opaque,
        AccessTokens::Jwt(Algorithm::Es256),
        AccessTokens::Jwt(Algorithm::EdDsa),
    ] {
        let fixture = Fixture::with(|config| config.access_tokens = format).await;
        let prover = Prover::new();
        let reply = prover.post(&fixture, "/token", MACHINE, &ASK).await;
        assert_eq!(reply.assert_ok().member("token_type"), "DPoP");
        let token = reply.member("access_token");
        for who in [MACHINE, API] {
            let seen = fixture.introspect(who, &token).await;
            assert_eq!(
                seen["cnf"],
                json!({ "jkt": prover.thumbprint() }),
                "{format:?}"
            );
            assert_eq!(seen["token_type"], "DPoP");
        }
        if format != AccessTokens::Opaque {
            let payload = token.split('.').nth(1).unwrap();
            let payload = grantor_jose::base64url::decode(payload).unwrap();
            let claims: Value = serde_json::from_slice(&payload).unwrap();
            assert_eq!(claims["cnf"], json!({ "jkt": prover.thumbprint() }));
        }
        let bearer = fixture.token(MACHINE, &ASK).await;
        assert_eq!(bearer.member("token_type"), "Bearer");
        let seen = fixture
            .introspect(API, &bearer.member("access_token"))
            .await;
        assert!(seen.get("cnf").is_none() && seen["token_type"] == "Bearer");
    }
}

/// Attack 30: proofs for another request, of another time, under another key, without a part (RFC 9449
/// section 4.3).
#[tokio::test]
async fn a_proof_for_something_else_is_refused() {
    let fixture = Fixture::new().await;
    let prover = Prover::new();
    let now = fixture.now();
    for (name, value) in [
        ("htm", json!("GET")),
        ("htm", json!("post")),
        ("htu", json!(format!("{ISSUER}/par"))),
        ("htu", json!(format!("{ISSUER}/token/"))),
        ("htu", json!("https://evil.example/token")),
        ("htu", json!("/token")),
        ("iat", json!(now - 301)),
        ("iat", json!(now + 61)),
        ("iat", json!("now")),
        ("jti", json!("")),
        ("htm", Value::Null),
        ("htu", Value::Null),
        ("iat", Value::Null),
        ("jti", Value::Null),
    ] {
        let mut claims = Prover::claims(&fixture);
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
        let reply = ask_with(&fixture, &prover.sign(&prover.header(), &claims)).await;
        reply.assert_error(400, "invalid_dpop_proof");
        assert!(!reply.headers.contains_key("dpop-nonce"), "{name} {value}");
    }
    // A query and a fragment don't count.
    let mut claims = Prover::claims(&fixture);
    claims["htu"] = json!(format!("{ISSUER}/token?a=b#c"));
    ask_with(&fixture, &prover.sign(&prover.header(), &claims))
        .await
        .assert_ok();
}

/// Attack 30: another type, no signature, HMAC, a private key in the header (RFC 9449 section 4.3,
/// points 4 to 7).
#[tokio::test]
async fn a_proof_with_a_bad_header_is_refused() {
    let fixture = Fixture::new().await;
    let prover = Prover::new();
    let private: Value = serde_json::from_str(&prover.key.to_private_jwk().unwrap()).unwrap();
    let (good, other) = (prover.header(), Prover::new());
    let with = |name: &str, value: Value| {
        let mut header = good.clone();
        header[name] = value;
        header
    };
    for header in [
        with("typ", json!("JWT")),
        with("typ", json!("at+jwt")),
        with("typ", Value::Null),
        with("alg", json!("none")),
        with("alg", json!("HS256")),
        with("alg", json!("RS256")),
        with("jwk", private),
        with("jwk", Value::Null),
        with("jwk", other.jwk()),
        with("jwk", json!({ "kty": "oct", "k": "AAAA" })),
        with("crit", json!(["x"])),
    ] {
        let proof = prover.sign(&header, &Prover::claims(&fixture));
        let reply = ask_with(&fixture, &proof).await;
        reply.assert_error(400, "invalid_dpop_proof");
    }
    for text in ["", "x", "a.b.c"] {
        ask_with(&fixture, text)
            .await
            .assert_error(400, "invalid_dpop_proof");
    }
    let request = client_request("/token", MACHINE, &ASK);
    let request = with_proof(request, &prover.proof(&fixture, "/token", None));
    let request = with_proof(request, &prover.proof(&fixture, "/token", None));
    let reply = fixture.send(request).await;
    reply.assert_error(400, "invalid_dpop_proof");
}

#[tokio::test]
async fn only_algorithms_of_the_configuration_are_taken() {
    let fixture = Fixture::with(|config| {
        config.dpop_algorithms = vec![Algorithm::EdDsa, Algorithm::Hs256];
    })
    .await;
    let metadata = fixture
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    assert_eq!(
        metadata["dpop_signing_alg_values_supported"],
        json!(["EdDSA"])
    );
    let es256 = Prover::new();
    let reply = es256.post(&fixture, "/token", MACHINE, &ASK).await;
    reply.assert_error(400, "invalid_dpop_proof");
    let eddsa = Prover {
        key: Key::generate(Algorithm::EdDsa).unwrap(),
    };
    eddsa
        .post(&fixture, "/token", MACHINE, &ASK)
        .await
        .assert_ok();
}

/// Attack 30: a proof is used again (RFC 9449 section 11.1).
#[tokio::test]
async fn a_proof_is_good_once() {
    let fixture = Fixture::new().await;
    let (prover, other) = (Prover::new(), Prover::new());
    let claims = Prover::claims(&fixture);
    let proof = prover.sign(&prover.header(), &claims);
    ask_with(&fixture, &proof).await.assert_ok();
    ask_with(&fixture, &proof)
        .await
        .assert_error(400, "invalid_dpop_proof");
    // Its use is remembered for as long as it would be good.
    fixture.clock.advance(300);
    ask_with(&fixture, &proof)
        .await
        .assert_error(400, "invalid_dpop_proof");
    // Another key may have the same "jti".
    let mut claims = claims;
    claims["iat"] = fixture.now().into();
    ask_with(&fixture, &other.sign(&other.header(), &claims))
        .await
        .assert_ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_uses_of_one_proof_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(folder.path().join("proofs.db")).unwrap();
    let stores: [Arc<dyn Store>; 2] = [Arc::new(MemoryStore::new()), Arc::new(sqlite)];
    for store in stores {
        let fixture = Fixture::on(store, |builder| builder).await;
        fixture.store.let_others_go_first();
        let prover = Prover::new();
        for _ in 0..4 {
            let proof = prover.proof(&fixture, "/token", None);
            let mut running = JoinSet::new();
            for _ in 0..30 {
                let request = client_request("/token", MACHINE, &ASK);
                let (server, request) = (fixture.server.clone(), with_proof(request, &proof));
                running.spawn(async move { send(&server, request).await });
            }
            let replies = running.join_all().await;
            assert_eq!(
                replies.iter().filter(|reply| reply.status == 200).count(),
                1
            );
            for reply in replies.iter().filter(|reply| reply.status != 200) {
                reply.assert_error(400, "invalid_dpop_proof");
            }
        }
    }
}

/// A request that is refused fills no store, and uses up no proof.
#[tokio::test]
async fn a_proof_is_used_up_after_every_other_check() {
    let fixture = Fixture::new().await;
    let prover = Prover::new();
    let code = fixture.code(SPA).await;
    let proof = prover.proof(&fixture, "/token", None);
    let mut wrong = code.clone();
    wrong.verifier = "x".repeat(43);
    let send = async |code: &Code| {
        fixture
            .send(with_proof(
                client_request("/token", SPA, &code.pairs()),
                &proof,
            ))
            .await
    };
    send(&wrong).await.assert_error(400, "invalid_grant");
    let unknown = Who {
        id: "nobody",
        ..MACHINE
    };
    let request = with_proof(client_request("/token", unknown, &ASK), &proof);
    fixture
        .send(request)
        .await
        .assert_error(401, "invalid_client");
    assert!(fixture.records(*b"dp").await.is_empty());
    send(&code).await.assert_ok();
    assert_eq!(fixture.records(*b"dp").await.len(), 1);
}

#[tokio::test]
async fn a_store_that_cannot_remember_a_proof_refuses_it() {
    let fixture = Fixture::new().await;
    let prover = Prover::new();
    prover
        .post(&fixture, "/token", MACHINE, &ASK)
        .await
        .assert_ok();
    // The client is cached, so that the first call is the one that remembers.
    fixture.store.set(Fault::Call(0));
    let reply = prover.post(&fixture, "/token", MACHINE, &ASK).await;
    reply.assert_error(503, "temporarily_unavailable");
    fixture.store.set(Fault::None);
    assert_eq!(fixture.records(*b"at").await.len(), 1);
}

async fn with_nonce(fixture: &Fixture, prover: &Prover, nonce: &str) -> Reply {
    ask_with(fixture, &prover.proof(fixture, "/token", Some(nonce))).await
}

#[track_caller]
fn nonce_of(reply: &Reply) -> String {
    let nonce = reply.headers.get("dpop-nonce").unwrap();
    nonce.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_server_or_a_client_may_require_nonces() {
    let of_client = Fixture::new().await;
    let require = |client: &mut grantor_server::Client| client.require_dpop_nonces = true;
    of_client.clients.update(MACHINE.id, require).await.unwrap();
    of_client.clock.advance(1);
    let of_server = Fixture::with(|config| config.require_dpop_nonces = true).await;
    for fixture in [of_client, of_server] {
        let prover = Prover::new();
        let first = prover.post(&fixture, "/token", MACHINE, &ASK).await;
        first.assert_error(400, "use_dpop_nonce");
        let nonce = nonce_of(&first);
        let reply = with_nonce(&fixture, &prover, &nonce).await;
        // It is good for several proofs, and a newer one comes in time.
        assert!(!reply.assert_ok().headers.contains_key("dpop-nonce"));
        fixture.clock.advance(200);
        let reply = with_nonce(&fixture, &prover, &nonce).await;
        let newer = nonce_of(reply.assert_ok());
        fixture.clock.advance(101);
        let reply = with_nonce(&fixture, &prover, &nonce).await;
        reply.assert_error(400, "use_dpop_nonce");
        assert!(reply.headers.contains_key("dpop-nonce"));
        with_nonce(&fixture, &prover, &newer).await.assert_ok();
        let reply = with_nonce(&fixture, &prover, "made up").await;
        reply.assert_error(400, "use_dpop_nonce");
        // Without a proof nothing needs a nonce.
        fixture.token(MACHINE, &ASK).await.assert_ok();
    }
}

#[tokio::test]
async fn tokens_may_be_bound_without_exception() {
    let of_client = Fixture::new().await;
    let require = |client: &mut grantor_server::Client| client.dpop_bound_access_tokens = true;
    of_client.clients.update(MACHINE.id, require).await.unwrap();
    of_client.clock.advance(1);
    let of_server = Fixture::with(|config| config.dpop_bound_access_tokens = true).await;
    for fixture in [of_client, of_server] {
        let reply = fixture.token(MACHINE, &ASK).await;
        reply.assert_error(400, "invalid_dpop_proof");
        let reply = Prover::new().post(&fixture, "/token", MACHINE, &ASK).await;
        assert_eq!(reply.assert_ok().member("token_type"), "DPoP");
    }
}

#[tokio::test]
async fn a_refresh_token_of_a_public_client_is_bound_and_is_not_rotated() {
    let fixture = Fixture::new().await;
    let (prover, thief) = (Prover::new(), Prover::new());
    let code = fixture.code(SPA).await;
    let tokens = Tokens::of(&prover.post(&fixture, "/token", SPA, &code.pairs()).await);
    let refresh = refreshing(&tokens.refresh);
    fixture
        .token(SPA, &refresh)
        .await
        .assert_error(400, "invalid_grant");
    let stolen = thief.post(&fixture, "/token", SPA, &refresh).await;
    stolen.assert_error(400, "invalid_grant");
    // Neither has ended anything.
    for _ in 0..3 {
        let reply = prover.post(&fixture, "/token", SPA, &refresh).await;
        assert_eq!(Tokens::of(&reply).refresh, tokens.refresh);
        let seen = fixture.introspect(API, &reply.member("access_token")).await;
        assert_eq!(seen["cnf"]["jkt"], prover.thumbprint());
    }
}

#[tokio::test]
async fn a_refresh_token_of_a_confidential_client_is_bound_to_the_client_alone() {
    let fixture = Fixture::new().await;
    let (first, second) = (Prover::new(), Prover::new());
    let code = fixture.code(APP).await;
    let tokens = Tokens::of(&first.post(&fixture, "/token", APP, &code.pairs()).await);
    let refresh = refreshing(&tokens.refresh);
    let reply = second.post(&fixture, "/token", APP, &refresh).await;
    let seen = fixture
        .introspect(API, &reply.assert_ok().member("access_token"))
        .await;
    assert_eq!(seen["cnf"]["jkt"], second.thumbprint());
    let bearer = fixture.token(APP, &refresh).await;
    assert_eq!(bearer.assert_ok().member("token_type"), "Bearer");
}

#[tokio::test]
async fn a_refresh_token_is_bound_by_the_first_proof_of_a_public_client() {
    let fixture = Fixture::new().await;
    let tokens = fixture.tokens(SPA).await;
    let prover = Prover::new();
    let reply = prover
        .post(&fixture, "/token", SPA, &refreshing(&tokens.refresh))
        .await;
    let bound = Tokens::of(&reply).refresh;
    let reply = fixture.refresh(SPA, &bound).await;
    reply.assert_error(400, "invalid_grant");
    prover
        .post(&fixture, "/token", SPA, &refreshing(&bound))
        .await
        .assert_ok();
}

async fn redeem(fixture: &Fixture, prover: Option<&Prover>, code: &Code) -> Reply {
    match prover {
        Some(prover) => prover.post(fixture, "/token", SPA, &code.pairs()).await,
        None => fixture.redeem(SPA, code).await,
    }
}

/// RFC 9449 section 11.9: a stolen code and verifier are of no use without the key.
#[tokio::test]
async fn a_code_is_bound_to_the_key_that_the_request_names() {
    let fixture = Fixture::new().await;
    let (prover, thief) = (Prover::new(), Prover::new());
    let ask = Ask::new(SPA).with("dpop_jkt", &prover.thumbprint());
    let code = fixture.code_for(SPA, ask).await;
    for wrong in [None, Some(&thief)] {
        redeem(&fixture, wrong, &code)
            .await
            .assert_error(400, "invalid_grant");
    }
    redeem(&fixture, Some(&prover), &code).await.assert_ok();
    // A replay without the key ends nothing.
    redeem(&fixture, Some(&thief), &code)
        .await
        .assert_error(400, "invalid_grant");
    let mut browser = crate::support::Browser::new(&fixture);
    let page = browser
        .open(&Ask::new(SPA).with("dpop_jkt", "short").url())
        .await;
    page.assert_redirected_error(SPA.redirect_uri, "invalid_request");
}

async fn push(fixture: &Fixture, prover: &Prover, ask: &Ask) -> Reply {
    let pairs: Vec<_> = ask
        .pairs
        .iter()
        .filter(|(name, _)| name != "client_id")
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    prover.post(fixture, "/par", SPA, &pairs).await
}

async fn pushed_code(fixture: &Fixture, ask: Ask, pushed: &Reply) -> Code {
    assert_eq!(pushed.status, StatusCode::CREATED, "{pushed:?}");
    let reference = Ask {
        pairs: vec![
            ("client_id".to_owned(), SPA.id.to_owned()),
            ("request_uri".to_owned(), pushed.member("request_uri")),
        ],
        verifier: ask.verifier,
    };
    fixture.code_for(SPA, reference).await
}

#[tokio::test]
async fn a_proof_at_the_par_endpoint_binds_the_code() {
    let fixture = Fixture::new().await;
    let (prover, thief) = (Prover::new(), Prover::new());
    let ask = Ask::new(SPA);
    let pushed = push(&fixture, &prover, &ask).await;
    let code = pushed_code(&fixture, ask, &pushed).await;
    for wrong in [None, Some(&thief)] {
        redeem(&fixture, wrong, &code)
            .await
            .assert_error(400, "invalid_grant");
    }
    redeem(&fixture, Some(&prover), &code).await.assert_ok();
}

#[tokio::test]
async fn a_proof_at_the_par_endpoint_is_checked_in_full() {
    let fixture = Fixture::with(|config: &mut Config| config.require_dpop_nonces = true).await;
    let prover = Prover::new();
    let ask = Ask::new(SPA);
    let pairs: Vec<_> = ask
        .pairs
        .iter()
        .filter(|(name, _)| name != "client_id")
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let send = async |proof: &str| {
        fixture
            .send(with_proof(client_request("/par", SPA, &pairs), proof))
            .await
    };
    let first = send(&prover.proof(&fixture, "/par", None)).await;
    first.assert_error(400, "use_dpop_nonce");
    let nonce = nonce_of(&first);
    let elsewhere = send(&prover.proof(&fixture, "/token", Some(&nonce))).await;
    elsewhere.assert_error(400, "invalid_dpop_proof");
    let proof = prover.proof(&fixture, "/par", Some(&nonce));
    assert_eq!(send(&proof).await.status, StatusCode::CREATED);
    send(&proof).await.assert_error(400, "invalid_dpop_proof");
}
