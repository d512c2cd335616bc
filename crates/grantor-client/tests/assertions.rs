//! Assertions that a client signs: for a token, and to authenticate.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use grantor_client::{Assertion, Server, Tokens, TokensBuilder};
use grantor_core::{
    BoxFuture, IntrospectionRequest, RevocationRequest, Timestamp, TokenEndpointAuthMethod,
};
use grantor_jose::{Algorithm, Key, KeySet, PublicKey, SignError, Signature, Signer, jws, jwt};
use grantor_store::{MasterKey, MemoryStore};
use grantor_testkit::{Endpoint, Fault, RecordedRequest};
use serde_json::{Value, json};
use support::{ISSUER, World};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

fn key() -> (Key, KeySet) {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let keys = key.public().cloned().into_iter().collect();
    (key, keys)
}

fn service(key: Key) -> Assertion {
    Assertion::new(key).issuer("service-7").subject("ada")
}

/// Header and claims of an assertion that one of the keys has signed.
fn read(assertion: &str, keys: &KeySet) -> (Value, Value) {
    let payload = jws::verify(assertion, keys, Algorithm::ALL)
        .unwrap()
        .payload;
    let header = assertion.split('.').next().unwrap();
    let header = grantor_jose::base64url::decode(header).unwrap();
    let json = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap();
    (json(&header), json(&payload))
}

/// The claims of all assertions that came in as this parameter.
fn claims(requests: &[RecordedRequest], parameter: &str, keys: &KeySet) -> Vec<Value> {
    let sent = requests
        .iter()
        .map(|sent| sent.parameter(parameter).unwrap());
    sent.map(|assertion| read(&assertion, keys).1).collect()
}

fn identifiers(claims: &[Value]) -> HashSet<&str> {
    let all = claims.iter().map(|claims| claims["jti"].as_str().unwrap());
    all.collect()
}

#[tokio::test(start_paused = true)]
async fn every_assertion_has_an_identifier_and_a_lifetime_of_its_own() {
    let world = World::new();
    let (key, keys) = key();
    world.server.verify_assertions_with(keys.clone());
    let assertion = service(key)
        .claim("tenant", "t1")
        .header("x5t", "abc")
        .lifetime(Duration::from_secs(90));
    let tokens = Tokens::jwt_bearer(ISSUER, assertion).scope("read");
    let tokens = world.here(tokens).build().unwrap();
    for _ in 0..3 {
        let (token, now) = (tokens.get().await.unwrap(), world.now());
        assert_eq!(token.scope.unwrap().as_str(), "read");
        let sent = world.server.last_token_request().unwrap();
        let (header, claims) = read(&sent.parameter("assertion").unwrap(), &keys);
        assert_eq!(
            (&header["typ"], &header["x5t"]),
            (&"JWT".into(), &"abc".into())
        );
        let iat = claims["iat"].as_i64().unwrap();
        assert_eq!(
            Timestamp::from_secs(iat),
            Timestamp::from_secs(now.as_secs())
        );
        assert_eq!(claims["exp"], iat + 90);
        let who = (
            &claims["iss"],
            &claims["sub"],
            &claims["aud"],
            &claims["tenant"],
        );
        assert_eq!(
            who,
            (
                &"service-7".into(),
                &"ada".into(),
                &ISSUER.into(),
                &"t1".into()
            )
        );
        world.advance(4000);
    }
    assert_eq!(world.server.token_requests_of(GRANT), 3);
    let sent = claims(&world.server.requests(Endpoint::Token), "assertion", &keys);
    assert_eq!(identifiers(&sent).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_lost_request_is_repeated_with_another_assertion() {
    for fault in [
        Fault::AnswerLost,
        Fault::ConnectionDropped,
        Fault::Status(503),
    ] {
        let world = World::new();
        let (key, keys) = key();
        world.server.fail_next(fault);
        let tokens = Tokens::jwt_bearer(ISSUER, service(key));
        let tokens = world.here(tokens).build().unwrap();
        tokens.get().await.unwrap();
        let sent = claims(&world.server.requests(Endpoint::Token), "assertion", &keys);
        assert_eq!((sent.len(), identifiers(&sent).len()), (2, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn an_identifier_of_the_users_own_is_not_sent_again_once_it_may_have_been_seen() {
    let world = World::new();
    let (key, keys) = key();
    world.server.fail_next(Fault::AnswerLost);
    let tokens = Tokens::jwt_bearer(ISSUER, service(key).claim("jti", "mine"));
    let tokens = world.here(tokens).build().unwrap();
    assert!(tokens.get().await.unwrap_err().is_transient());
    let sent = claims(&world.server.requests(Endpoint::Token), "assertion", &keys);
    assert_eq!((sent.len(), &sent[0]["jti"]), (1, &"mine".into()));
}

/// The server says that it takes secrets, and assertions under keys.
fn world() -> World {
    let world = World::new();
    let methods = json!(["client_secret_basic", "private_key_jwt"]);
    let name = "token_endpoint_auth_methods_supported";
    world.server.set_metadata_member(name, methods);
    world
}

fn client(world: &World, assertion: Assertion) -> TokensBuilder {
    world.here(Tokens::client_credentials(ISSUER, "app", assertion))
}

#[tokio::test(start_paused = true)]
async fn a_client_says_who_it_is_by_a_new_assertion_in_every_request() {
    let world = world();
    let (key, keys) = key();
    world.server.fail_next(Fault::AnswerLost);
    let tokens = client(&world, Assertion::new(key)).build().unwrap();
    let token = tokens.get().await.unwrap().secret;
    let question = IntrospectionRequest::new(token.clone());
    tokens.introspect(&question).await.unwrap();
    tokens.revoke(&RevocationRequest::new(token)).await.unwrap();
    let endpoints = [
        Endpoint::Token,
        Endpoint::Introspection,
        Endpoint::Revocation,
    ];
    let requests: Vec<_> = endpoints
        .into_iter()
        .flat_map(|endpoint| world.server.requests(endpoint))
        .collect();
    for sent in &requests {
        assert!(!sent.has_authorization());
        assert_eq!(sent.parameter("client_id").as_deref(), Some("app"));
        let kind = sent.parameter("client_assertion_type").unwrap();
        assert_eq!(
            kind,
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        let assertion = sent.parameter("client_assertion").unwrap();
        let policy = jwt::Policy::client_assertion("app", ISSUER);
        jwt::verify(&assertion, &keys, &policy, world.now()).unwrap();
    }
    let claims = claims(&requests, "client_assertion", &keys);
    assert_eq!((claims.len(), identifiers(&claims).len()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn a_login_is_renewed_under_an_assertion_of_the_client() {
    let world = world();
    let (key, keys) = key();
    let login = world.login(&world.server.new_refresh_token());
    let login = world.here(login).client_assertion(Assertion::new(key));
    let tokens = login.build().unwrap();
    world.server.allow_repeats();
    world.server.fail_next(Fault::AnswerLost);
    tokens.get().await.unwrap();
    let sent = world.server.requests(Endpoint::Token);
    assert_eq!(
        sent[0].parameter("refresh_token"),
        sent[1].parameter("refresh_token")
    );
    let claims = claims(&sent, "client_assertion", &keys);
    assert_eq!((claims.len(), identifiers(&claims).len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_secret_signs_where_the_server_wants_to_see_none() {
    const SECRET: &str = "a secret that is long enough for a MAC";
    let world = world();
    let methods = json!(["client_secret_jwt"]);
    world
        .server
        .set_metadata_member("token_endpoint_auth_methods_supported", methods);
    let secret = Key::from_secret(Algorithm::Hs256, SECRET.as_bytes()).unwrap();
    let shown = Tokens::client_credentials(ISSUER, "app", SECRET);
    let signed = Assertion::from_secret(Algorithm::Hs256, SECRET).unwrap();
    for tokens in [world.here(shown), client(&world, signed)] {
        tokens.build().unwrap().get().await.unwrap();
        let sent = world.server.last_token_request().unwrap();
        let assertion = sent.parameter("client_assertion").unwrap();
        let (input, signature) = assertion.rsplit_once('.').unwrap();
        let mac = secret.sign_bytes(input.as_bytes()).unwrap();
        assert_eq!(grantor_jose::base64url::encode(mac.as_bytes()), signature);
        assert_eq!(sent.parameter("client_secret"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn an_assertion_is_addressed_to_the_issuer_and_else_to_the_token_endpoint() {
    let endpoint = format!("{ISSUER}/token");
    let other = "https://other.example";
    for (server, named, audience) in [
        (Server::issuer(ISSUER), None, ISSUER),
        (Server::issuer(ISSUER), Some("the endpoint"), &*endpoint),
        (Server::at_token_endpoint(&*endpoint), None, &endpoint),
        (Server::issuer(ISSUER), Some(other), other),
    ] {
        let world = world();
        let (key, keys) = key();
        let assertion = match named {
            Some("the endpoint") => Assertion::new(key).danger_audience_endpoint(),
            Some(named) => Assertion::new(key).audience(named),
            None => Assertion::new(key),
        };
        let stated = assertion.clone().issuer("service-7");
        let grant = Tokens::jwt_bearer(server.clone(), stated);
        let client = Tokens::client_credentials(server, "app", assertion);
        for (tokens, parameter) in [(grant, "assertion"), (client, "client_assertion")] {
            world.here(tokens).build().unwrap().get().await.unwrap();
            let sent = world.server.last_token_request().unwrap();
            let claims = read(&sent.parameter(parameter).unwrap(), &keys).1;
            assert_eq!(claims["aud"], audience);
        }
    }
}

/// Each endpoint is the audience of what is sent there.
#[tokio::test(start_paused = true)]
async fn an_assertion_may_be_addressed_to_the_endpoint_it_is_sent_to() {
    let world = world();
    let (key, keys) = key();
    let builder = client(&world, Assertion::new(key).danger_audience_endpoint());
    let tokens = builder.build().unwrap();
    let token = tokens.get().await.unwrap().secret;
    tokens
        .introspect(&IntrospectionRequest::new(token.clone()))
        .await
        .unwrap();
    tokens.revoke(&RevocationRequest::new(token)).await.unwrap();
    for (endpoint, path) in [
        (Endpoint::Token, "token"),
        (Endpoint::Introspection, "introspect"),
        (Endpoint::Revocation, "revoke"),
    ] {
        let sent = claims(&world.server.requests(endpoint), "client_assertion", &keys);
        assert_eq!(sent[0]["aud"], format!("{ISSUER}/{path}"));
        assert_eq!(
            (&sent[0]["iss"], &sent[0]["sub"]),
            (&"app".into(), &"app".into())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_file_of_a_google_service_account_is_all_it_takes() {
    let world = world();
    let rsa = Key::generate(Algorithm::Rs256).unwrap();
    let file = json!({
        "type": "service_account", "client_email": "robot@p.example",
        "private_key": rsa.to_pkcs8_pem().unwrap().as_str(), "private_key_id": "k1",
        "token_uri": format!("{ISSUER}/token"), "project_id": "p",
    });
    // As an editor saves it.
    let saved = format!("\u{feff}{file}");
    let (server, assertion) = Assertion::from_google_json(&saved).unwrap();
    let tokens = Tokens::jwt_bearer(server, assertion).scope("a b");
    world.here(tokens).build().unwrap().get().await.unwrap();
    let sent = world.server.last_token_request().unwrap();
    assert_eq!(
        (sent.parameter("scope"), sent.parameter("client_id")),
        (None, None)
    );
    let keys = [rsa.public().cloned().unwrap().with_key_id("k1")];
    let (header, claims) = read(
        &sent.parameter("assertion").unwrap(),
        &keys.into_iter().collect(),
    );
    assert_eq!(header["kid"], "k1");
    assert_eq!(
        (&claims["scope"], &claims["iss"]),
        (&"a b".into(), &"robot@p.example".into())
    );
    assert!(claims.get("sub").is_none());
    let other = file
        .to_string()
        .replace("service_account", "authorized_user");
    let error = Assertion::from_google_json(&other).unwrap_err();
    assert!(error.is_configuration() && !error.to_string().contains("PRIVATE KEY"));
}

/// A key that is elsewhere.
#[derive(Debug)]
struct Remote(Option<Key>);

impl Signer for Remote {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Es256
    }

    fn key_id(&self) -> &str {
        "far"
    }

    fn public_key(&self) -> Option<&PublicKey> {
        self.0.as_ref()?.public()
    }

    fn sign<'a>(&'a self, input: &'a [u8]) -> BoxFuture<'a, Result<Signature, SignError>> {
        let signed = match &self.0 {
            Some(key) => key.sign_bytes(input),
            None => Err(SignError::new("the HSM is switched off")),
        };
        Box::pin(std::future::ready(signed))
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_elsewhere_signs_and_is_named_when_it_does_not() {
    let world = world();
    let (key, keys) = key();
    let near = client(
        &world,
        Assertion::signed_by(Arc::new(Remote(Some(key)))).key_id(""),
    );
    near.build().unwrap().get().await.unwrap();
    let sent = world.server.last_token_request().unwrap();
    read(&sent.parameter("client_assertion").unwrap(), &keys);
    let gone = client(&world, Assertion::signed_by(Arc::new(Remote(None))));
    let error = gone.build().unwrap().get().await.unwrap_err();
    assert!(error.is_transient());
    assert!(
        error.to_string().contains("the HSM is switched off"),
        "{error}"
    );
    assert_eq!(world.server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_stated_otherwise_or_under_another_key_makes_other_tokens() {
    let world = world();
    let store = Arc::new(MemoryStore::new());
    let master = MasterKey::from_bytes([7; 32]);
    let (first, second) = (key().0, key().0);
    let jwk = first.to_private_jwk().unwrap();
    let again = || {
        Assertion::from_jwk(&jwk)
            .unwrap()
            .issuer("s")
            .subject("ada")
    };
    for (assertion, requests) in [
        (again(), 1),
        (again(), 1),
        (again().subject("bob"), 2),
        (again().claim("tenant", "t1"), 3),
        (Assertion::new(second).issuer("s").subject("ada"), 4),
    ] {
        let tokens = Tokens::jwt_bearer(ISSUER, assertion).store(store.clone(), &master);
        world
            .here(tokens.single_process())
            .build()
            .unwrap()
            .get()
            .await
            .unwrap();
        assert_eq!(world.server.token_requests(), requests);
    }
}

#[tokio::test(start_paused = true)]
async fn an_assertion_is_dated_back_for_a_server_with_a_slow_clock() {
    let world = World::new();
    let (key, keys) = key();
    world.server.verify_assertions_with(keys.clone());
    let assertion = service(key).backdate(Duration::from_secs(60));
    let tokens = Tokens::jwt_bearer(ISSUER, assertion);
    world.here(tokens).build().unwrap().get().await.unwrap();
    let sent = world.server.last_token_request().unwrap();
    let (_, claims) = read(&sent.parameter("assertion").unwrap(), &keys);
    let now = world.now().as_secs();
    assert_eq!(claims["iat"], now - 60);
    assert_eq!(claims["nbf"], now - 60);
    assert_eq!(claims["exp"], now + 300);
}

#[test]
fn a_secret_with_the_byte_order_mark_of_its_file_is_refused() {
    let secret = "\u{feff}a secret that is long enough for a MAC";
    let error = Assertion::from_secret(Algorithm::Hs256, secret).unwrap_err();
    assert!(error.to_string().contains("byte order mark"), "{error}");
    let error = Tokens::client_credentials(ISSUER, "app", secret).build();
    let error = error.unwrap_err().to_string();
    assert!(error.contains("\"client_secret\" begins with a byte order mark"));
    assert!(!error.contains("long enough"));
}

#[test]
fn keys_are_read_from_files_with_a_byte_order_mark() {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let pem = key.to_pkcs8_pem().unwrap();
    let marked = format!("\u{feff}{}", pem.as_str());
    Assertion::from_pem(Algorithm::Es256, &marked).unwrap();
}

#[test]
fn what_an_assertion_can_not_be_is_named_at_once() {
    let grant = Assertion::new(key().0)
        .claim("exp", 5)
        .claim("iat", 5)
        .claim("nbf", 5)
        .backdate(Duration::from_secs(1))
        .header("alg", "none")
        .lifetime(Duration::ZERO);
    let client = Assertion::new(key().0).issuer("somebody");
    let about = Assertion::new(key().0).subject("somebody");
    let about = Tokens::client_credentials(ISSUER, "app", about);
    let error = about.build().unwrap_err().to_string();
    assert!(error.contains("subject of a client's assertion"), "{error}");
    let grant = Tokens::jwt_bearer(ISSUER, grant)
        .client_id("app")
        .client_assertion(client);
    let error = grant.build().unwrap_err().to_string();
    for part in [
        "\"exp\"",
        "use \"backdate\"",
        "\"nbf\" twice",
        "\"alg\"",
        "less than a second",
        "\"issuer\"",
        "\"client_id\"",
    ] {
        assert!(error.contains(part), "{part} in {error}");
    }
    let unsigned = Tokens::client_credentials(ISSUER, "app", "short");
    let unsigned = unsigned
        .auth_method(TokenEndpointAuthMethod::PrivateKeyJwt)
        .build();
    assert!(
        unsigned
            .unwrap_err()
            .to_string()
            .contains("client_assertion")
    );
    assert!(Assertion::from_secret(Algorithm::Hs256, "short").is_err());
    assert!(!format!("{:?}", Assertion::new(key().0).claim("a", "hunter2")).contains("hunter2"));
}

#[tokio::test(start_paused = true)]
async fn the_header_says_what_kind_of_assertion_it_is_and_no_key_id_of_a_pem() {
    let world = world();
    let (key, keys) = key();
    let pem = key.to_pkcs8_pem().unwrap();
    let plain = || Assertion::from_pem(Algorithm::Es256, &pem).unwrap();
    for (assertion, typ) in [
        (plain(), "client-authentication+jwt"),
        (plain().typ("JWT"), "JWT"),
    ] {
        let tokens = client(&world, assertion).build().unwrap();
        tokens.get().await.unwrap();
        let sent = world.server.last_token_request().unwrap();
        let (header, _) = read(&sent.parameter("client_assertion").unwrap(), &keys);
        assert_eq!(header["typ"], typ);
        assert!(header.get("kid").is_none(), "{header}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_stated_under_another_secret_makes_other_tokens() {
    let world = world();
    let store = Arc::new(MemoryStore::new());
    let master = MasterKey::from_bytes([7; 32]);
    for (secret, requests) in [("a", 1), ("a", 1), ("b", 2)] {
        let secret = secret.repeat(32);
        let assertion = Assertion::from_secret(Algorithm::Hs256, secret).unwrap();
        let tokens = Tokens::jwt_bearer(ISSUER, assertion.issuer("s"));
        let tokens = tokens.store(store.clone(), &master).single_process();
        world.here(tokens).build().unwrap().get().await.unwrap();
        assert_eq!(world.server.token_requests(), requests);
    }
}

#[tokio::test(start_paused = true)]
async fn hooks_see_the_assertion_that_is_sent() {
    let world = world();
    let tokens = client(&world, Assertion::new(key().0)).on_request(|call, request| {
        if call == grantor_client::RequestKind::Token {
            let body = String::from_utf8_lossy(request.body());
            let signed = body.contains("client_assertion=");
            let value = http::HeaderValue::from(u16::from(signed));
            request.headers_mut().insert("x-signed", value);
        }
    });
    tokens.build().unwrap().get().await.unwrap();
    let sent = world.server.last_token_request().unwrap();
    assert_eq!(sent.headers()["x-signed"], "1");
}
