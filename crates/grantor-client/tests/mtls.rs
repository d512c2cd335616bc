//! Certificates of clients (RFC 8705): authentication by them, and tokens that are bound to them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::Arc;

use grantor_client::{
    Authenticate as _, ClientCredential, Error, SendError, Tokens, TokensBuilder,
};
use grantor_core::{
    CertificateThumbprint, IntrospectionRequest, RevocationRequest, TokenEndpointAuthMethod,
};
use grantor_store::{MasterKey, MemoryStore, Store};
use grantor_testkit::certificates::{
    AUTHORITY, CLIENT, CLIENT_KEY, OTHER_CLIENT, OTHER_CLIENT_KEY, STRANGER, STRANGER_KEY, der,
};
use grantor_testkit::{Endpoint, FakeServer, FakeTlsListener, Fault};
use http::Request;
use support::{API, ISSUER, World, request};

/// A server over https that knows the client by its certificate.
fn listener() -> FakeTlsListener {
    let server = FakeServer::listen_tls().unwrap();
    server.add_tls_client("app", &der(CLIENT));
    server
}

fn builder(server: &FakeTlsListener) -> TokensBuilder {
    Tokens::client_credentials(server.issuer(), "app", ClientCredential::None)
        .ca_certificates(AUTHORITY)
}

fn by_certificate(server: &FakeTlsListener) -> TokensBuilder {
    builder(server).client_certificate(CLIENT, CLIENT_KEY)
}

/// Tokens within the process, over connections with a certificate.
fn within(world: &World, credential: impl Into<ClientCredential>) -> TokensBuilder {
    let tokens = Tokens::client_credentials(ISSUER, "app", credential);
    world
        .thread(tokens)
        .transport(world.server.over_certificate(b"one"))
}

#[tokio::test]
async fn a_client_authenticates_by_its_certificate_and_calls_apis_over_it() {
    let server = listener();
    let tokens = by_certificate(&server).build().unwrap();
    let api = tokens.session(server.mtls_api_url().as_str()).unwrap();
    assert_eq!(api.get("things").send().await.unwrap().status(), 200);
    let own = der(CLIENT);
    for endpoint in [Endpoint::Token, Endpoint::Api] {
        let requests = server.requests(endpoint);
        assert_eq!(requests[0].certificate(), Some(&own[..]), "{endpoint:?}");
    }
    let request = server.last_token_request().unwrap();
    assert_eq!(request.parameter("client_id").as_deref(), Some("app"));
    assert_eq!(request.parameter("client_secret"), None);
    let token = tokens.get().await.unwrap();
    let thumbprint = CertificateThumbprint::of_der(&own);
    let bound_to = server.certificate_thumbprint(token.secret.expose());
    assert_eq!(bound_to, Some(thumbprint));
}

#[cfg(feature = "blocking")]
#[test]
fn a_blocking_session_calls_over_the_certificate_too() {
    let server = listener();
    let tokens = by_certificate(&server).build().unwrap();
    let api = tokens
        .blocking_session(server.mtls_api_url().as_str())
        .unwrap();
    assert_eq!(api.get("things").send().unwrap().status(), 200);
}

#[tokio::test]
async fn every_endpoint_is_asked_where_it_is_for_clients_with_certificates() {
    let server = listener();
    let tokens = by_certificate(&server).build().unwrap();
    let token = tokens.get().await.unwrap();
    let known = tokens
        .introspect(&IntrospectionRequest::new(token.secret.clone()))
        .await;
    let known = known.unwrap();
    assert!(known.active);
    let bound_to = CertificateThumbprint::of_der(&der(CLIENT));
    assert_eq!(known.extra["cnf"]["x5t#S256"], bound_to.as_str());
    tokens
        .revoke(&RevocationRequest::new(token.secret))
        .await
        .unwrap();
    server.require_pushed_requests();
    let login = || {
        Tokens::login(server.issuer(), "app")
            .ca_certificates(AUTHORITY)
            .client_certificate(CLIENT, CLIENT_KEY)
    };
    let flow = login().code_flow("https://app.example/callback").unwrap();
    flow.start().await.unwrap();
    let device = login().device_flow().unwrap();
    device.start().await.unwrap();
    for endpoint in [
        Endpoint::Introspection,
        Endpoint::Revocation,
        Endpoint::PushedAuthorization,
        Endpoint::DeviceAuthorization,
    ] {
        let requests = server.requests(endpoint);
        assert!(requests[0].certificate().is_some(), "{endpoint:?}");
    }
    // Nobody authenticates where the metadata is.
    assert_eq!(server.requests(Endpoint::Metadata)[0].certificate(), None);
}

#[tokio::test]
async fn the_user_is_asked_about_over_the_certificate_of_the_token() {
    let server = listener();
    let flow = Tokens::login(server.issuer(), "app")
        .ca_certificates(AUTHORITY)
        .client_certificate(CLIENT, CLIENT_KEY)
        .scope("openid")
        .code_flow("https://app.example/callback")
        .unwrap();
    let started = flow.start().await.unwrap();
    let redirect = server.approve(&started.url);
    let signed_in = flow
        .finish(started.pending, redirect.as_str())
        .await
        .unwrap();
    let id_token = signed_in.id_token.unwrap();
    let user = flow
        .user_info(&signed_in.tokens, id_token.subject())
        .await
        .unwrap();
    assert_eq!(user.subject, id_token.subject());
    let asked = server.requests(Endpoint::UserInfo);
    assert!(asked[0].certificate().is_some());
}

#[tokio::test]
async fn an_endpoint_that_was_named_goes_before_its_alias() {
    let world = World::new();
    world.server.add_tls_client("app", b"one");
    let alias = serde_json::json!({ "token_endpoint": "https://elsewhere.example/token" });
    world
        .server
        .set_metadata_member("mtls_endpoint_aliases", alias);
    let named = within(&world, ClientCredential::None).token_endpoint("https://idp.example/token");
    assert!(named.build().unwrap().get().await.is_ok());
    // The fake knows no endpoints there.
    let asked = within(&world, ClientCredential::None).build().unwrap();
    asked.get().await.unwrap_err();
    let asked = world.server.requests(Endpoint::Api);
    assert_eq!(
        asked[0].url().unwrap().as_str(),
        "https://elsewhere.example/token"
    );
    // Without a certificate the alias says nothing.
    let by_secret = world.thread(world.client()).build().unwrap();
    by_secret.get().await.unwrap_err();
    assert_eq!(world.server.count(Endpoint::Api), asked.len());
}

fn is_refused(error: &Error) {
    assert!(error.to_string().contains("client certificate"), "{error}");
}

#[tokio::test]
async fn a_door_that_promises_no_certificate_is_refused_before_a_token_is_fetched() {
    let server = listener();
    let url = server.mtls_api_url();
    let tokens = by_certificate(&server)
        .allow_origin(url.as_str())
        .build()
        .unwrap();
    let foreign = reqwest::Client::new();
    let sent = foreign.get(url.as_str()).authenticate(&tokens).send().await;
    let SendError::Token(error) = sent.unwrap_err() else {
        panic!("another error");
    };
    is_refused(&error);
    let session = tokens.session(url.as_str()).unwrap().with_client(foreign);
    let SendError::Token(error) = session.get("x").send().await.unwrap_err() else {
        panic!("another error");
    };
    is_refused(&error);
    let by_hand = || Request::get(url.as_str()).body(()).unwrap();
    is_refused(&tokens.prepare(&mut by_hand()).await.unwrap_err());
    assert_eq!(server.token_requests(), 0);
    let promised = tokens.with_certificate_presented();
    assert!(promised.prepare(&mut by_hand()).await.is_ok());
    let pem = [CLIENT, CLIENT_KEY].concat();
    let own = reqwest::Client::builder()
        .no_proxy()
        .identity(reqwest::Identity::from_pem(pem.as_bytes()).unwrap())
        .tls_certs_only([reqwest::Certificate::from_pem(AUTHORITY.as_bytes()).unwrap()]);
    let own = own.build().unwrap();
    let answer = own
        .get(url.as_str())
        .authenticate(&promised)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_certificate_that_is_not_the_clients_is_a_mistake_of_the_configuration() {
    let server = listener();
    let other = builder(&server).client_certificate(OTHER_CLIENT, OTHER_CLIENT_KEY);
    let error = other.build().unwrap().get().await.unwrap_err();
    assert!(error.to_string().contains("invalid_client"), "{error}");
    assert!(!error.is_transient(), "{error}");
    // The handshake fails: the server knows no authority of it.
    let stranger = builder(&server).client_certificate(STRANGER, STRANGER_KEY);
    let error = stranger.build().unwrap().get().await.unwrap_err();
    is_refused(&error);
    server.assert_token_requests(1);
}

#[tokio::test]
async fn a_request_whose_answer_was_lost_is_repeated_over_the_certificate() {
    let server = listener();
    server.fail_next(Fault::Unavailable(0));
    let tokens = by_certificate(&server).build().unwrap();
    tokens.get().await.unwrap();
    let requests = server.requests(Endpoint::Token);
    assert_eq!(requests.len(), 2);
    assert!(
        requests
            .iter()
            .all(|request| request.certificate().is_some())
    );
}

#[test]
fn what_can_not_work_is_said_before_anything_is_sent() {
    let problem = |builder: TokensBuilder| builder.build().unwrap_err().to_string();
    let client = || Tokens::client_credentials(ISSUER, "app", ClientCredential::None);
    let by_tls = || client().auth_method(TokenEndpointAuthMethod::SelfSignedTlsClientAuth);
    assert!(problem(by_tls()).contains("self_signed_tls_client_auth"));
    assert!(problem(client().unbound_tokens()).contains("unbound_tokens"));
    assert!(problem(client().client_certificate(CLIENT, OTHER_CLIENT_KEY)).contains("key"));
    assert!(problem(client().client_certificate("", "")).contains("client_certificate"));
    let foreign = client().transport(FakeServer::new(ISSUER));
    let foreign = foreign.client_certificate(CLIENT, CLIENT_KEY);
    assert!(problem(foreign).contains("own HTTP client"));
    let own = by_tls().client_certificate(CLIENT, CLIENT_KEY);
    assert!(own.build().is_ok());
}

#[tokio::test]
async fn the_method_is_one_that_the_server_takes() {
    let world = World::new();
    world.server.add_tls_client("app", b"one");
    world
        .server
        .set_auth_methods(&[TokenEndpointAuthMethod::ClientSecretBasic]);
    let error = within(&world, ClientCredential::None)
        .build()
        .unwrap()
        .get()
        .await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("no client certificate (tls_client_auth"),
        "{error}"
    );
    let methods = [TokenEndpointAuthMethod::SelfSignedTlsClientAuth];
    world.server.set_auth_methods(&methods);
    assert!(
        within(&world, ClientCredential::None)
            .build()
            .unwrap()
            .get()
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_certificate_beside_a_secret_binds_the_token() {
    let world = World::new();
    world.server.add_client("app", "s3cret");
    let tokens = within(&world, "s3cret").build().unwrap();
    let token = tokens.get().await.unwrap();
    assert!(
        world
            .server
            .last_token_request()
            .unwrap()
            .has_authorization()
    );
    let bound_to = world.server.certificate_thumbprint(token.secret.expose());
    assert_eq!(bound_to, Some(CertificateThumbprint::of_der(b"one")));
    is_refused(&tokens.prepare(&mut request()).await.unwrap_err());
}

#[tokio::test]
async fn tokens_that_are_not_bound_go_over_every_client() {
    let server = listener();
    let tokens = by_certificate(&server)
        .unbound_tokens()
        .allow_origin(API)
        .build()
        .unwrap();
    assert!(tokens.prepare(&mut request()).await.is_ok());
    // The session presents nothing, so that the server ends the handshake.
    let api = tokens.session(server.mtls_api_url().as_str()).unwrap();
    let SendError::Request(_) = api.get("things").send().await.unwrap_err() else {
        panic!("another error");
    };
}

#[tokio::test]
async fn a_refresh_token_of_a_public_client_is_good_over_its_certificate_alone() {
    let world = World::new();
    world.lifetime(60);
    let sign_in = async |certificate: &[u8]| {
        let login = world.thread(Tokens::password(ISSUER, "app", "ada", "pa55"));
        let login = login
            .transport(world.server.over_certificate(certificate))
            .build()
            .unwrap();
        login
            .token_set()
            .await
            .map(|set| set.refresh_token.unwrap())
    };
    world.server.add_user("ada", "pa55");
    let refresh_token = sign_in(b"one").await.unwrap();
    let renew = async |certificate: &[u8]| {
        let login = world.thread(world.login(refresh_token.expose()));
        let login = login
            .transport(world.server.over_certificate(certificate))
            .build()
            .unwrap();
        login.get().await.map(drop)
    };
    let error = renew(b"two").await.unwrap_err();
    assert!(error.to_string().contains("invalid_grant"), "{error}");
    renew(b"one").await.unwrap();
}

#[tokio::test]
async fn a_stored_token_is_not_used_over_another_certificate() {
    let world = World::new();
    world.server.add_client("app", "s3cret");
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let key = MasterKey::from_bytes([7; 32]);
    let get = async |certificate: &[u8]| {
        let tokens = world.thread(world.client()).store(Arc::clone(&store), &key);
        let tokens = tokens.transport(world.server.over_certificate(certificate));
        tokens.build().unwrap().get().await.unwrap().secret
    };
    let first = get(b"one").await;
    assert_eq!(get(b"one").await, first);
    assert_ne!(get(b"two").await, first);
    world.server.assert_token_requests(2);
}
