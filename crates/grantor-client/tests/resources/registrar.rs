//! A program that registers clients itself (RFC 7591), and changes their registrations (RFC 7592).

use grantor_client::{Registrar, Tokens};
use grantor_core::{ClientInformation, ClientMetadata, ErrorCode};
use grantor_testkit::{Endpoint, Fault};
use serde_json::json;

use crate::metadata;
use crate::support::{ISSUER, World};

fn registrar(world: &World) -> Registrar {
    let builder = Tokens::login(ISSUER, "");
    world.here(builder).registrar().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_client_registers_and_changes_and_ends_its_registration() {
    let world = World::new();
    let registrar = registrar(&world);
    let mut client = registrar.register(&metadata()).await.unwrap();
    assert_eq!(client.client_id, "client-1");
    assert!(client.client_secret.is_some());
    client.metadata.client_name = Some("App 2".to_owned());
    let changed = registrar.update(&client).await.unwrap();
    assert_eq!(changed.metadata.client_name.as_deref(), Some("App 2"));
    assert_eq!(changed.client_secret, client.client_secret);
    assert_eq!(registrar.read(&changed).await.unwrap(), changed);
    registrar.delete(&changed).await.unwrap();
    let gone = registrar.read(&changed).await.unwrap_err();
    assert!(!gone.to_string().contains("registration-1"), "{gone}");
    let methods: Vec<_> = world
        .server
        .requests(Endpoint::Registration)
        .iter()
        .map(|request| request.request().method().clone())
        .collect();
    assert_eq!(methods, ["POST", "PUT", "GET", "DELETE", "GET"]);
}

#[tokio::test(start_paused = true)]
async fn the_application_type_fits_the_redirect_uris() {
    for (uri, expected) in [
        ("https://app.example/cb", "web"),
        ("http://127.0.0.1:9/cb", "native"),
    ] {
        let world = World::new();
        let mut metadata = ClientMetadata::default();
        metadata.redirect_uris = vec![uri.parse().unwrap()];
        registrar(&world).register(&metadata).await.unwrap();
        let said = world.server.requests(Endpoint::Registration)[0]
            .json()
            .unwrap();
        assert_eq!(said["application_type"], expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_says_who_may_register() {
    let world = World::new();
    world.server.set_initial_access_token("initial");
    let registrar = registrar(&world);
    assert!(registrar.register(&metadata()).await.is_err());
    let registrar = registrar.initial_access_token("initial");
    assert!(registrar.register(&metadata()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_why() {
    let world = World::new();
    let registrar = registrar(&world);
    world.server.fail_next_at(
        Endpoint::Registration,
        Fault::Refused("invalid_redirect_uri"),
    );
    let error = registrar.register(&metadata()).await.unwrap_err();
    assert_eq!(error.oauth_error(), Some(&ErrorCode::InvalidRedirectUri));
    assert!(error.is_configuration());
    let unmanaged = ClientInformation::new("app", metadata());
    let error = registrar.update(&unmanaged).await.unwrap_err();
    assert!(
        error.to_string().contains("registration_client_uri"),
        "{error}"
    );
    let world = World::new();
    world
        .server
        .set_metadata_member("registration_endpoint", json!(null));
    let error = self::registrar(&world)
        .register(&metadata())
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("takes no registrations"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_registration_token_goes_over_https_alone() {
    let world = World::new();
    let registrar = registrar(&world);
    let mut client = registrar.register(&metadata()).await.unwrap();
    client.registration_client_uri = "http://idp.example/register/client-1".parse().ok();
    let error = registrar.read(&client).await.unwrap_err();
    assert!(error.to_string().contains("not https"), "{error}");
    assert_eq!(world.server.count(Endpoint::Registration), 1);
}

#[tokio::test(start_paused = true)]
async fn a_registration_of_another_client_is_refused() {
    let world = World::new();
    let registrar = registrar(&world);
    let client = registrar.register(&metadata()).await.unwrap();
    let mut other = registrar.register(&metadata()).await.unwrap();
    other.client_id.clone_from(&client.client_id);
    let error = registrar.read(&other).await.unwrap_err();
    assert!(error.is_refused(), "{error:?}");
    assert!(error.to_string().contains("another client"), "{error}");
}
