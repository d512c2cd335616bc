//! Devices whose clients describe themselves: by registration, or by a metadata document.

use grantor_server::Registration;
use grantor_server::grant_type::DeviceCode;
use serde_json::{Value, json};

use crate::support::{DOCUMENT, Device, Fixture, Tokens, Web, Who, document, native};

const DAY: u64 = 24 * 3600;

fn metadata() -> Value {
    json!({
        "client_name": "A Television",
        "grant_types": [DeviceCode::NAME, "refresh_token"],
        "token_endpoint_auth_method": "none",
    })
}

async fn with_devices(web: &Web) -> Fixture {
    let fixture = web.fixture_with(|builder| {
        let builder = builder.grant_type(DeviceCode);
        builder.configure(|config| config.registration = Registration::Open)
    });
    fixture.await
}

/// From the codes to the tokens, with the yes of a user.
async fn tokens(fixture: &Fixture, who: Who) -> Tokens {
    let begun = fixture.post("/device_authorization", who, &[]).await;
    let device = Device::of(&begun);
    fixture.answer_device(&device, "allow").await.assert_ok();
    Tokens::of(&fixture.token(who, &device.pairs()).await)
}

#[tokio::test]
async fn a_device_that_registered_itself_gets_tokens_and_stays() {
    let web = Web::new();
    let fixture = with_devices(&web).await;
    let answer = fixture.register(&metadata()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let grant_types = json!([DeviceCode::NAME, "refresh_token"]);
    assert_eq!(answer.json()["grant_types"], grant_types);
    let who = Who {
        id: answer.member("client_id").leak(),
        secret: None,
        redirect_uri: "",
    };
    let first = tokens(&fixture, who).await;
    // The yes of a user keeps the client.
    fixture.clock.advance(DAY + 2);
    let later = fixture.refresh(who, &first.refresh).await;
    let seen = fixture.server.introspect(&Tokens::of(&later).access).await;
    assert_eq!(seen.unwrap().client_id.as_deref(), Some(who.id));
}

#[tokio::test]
async fn a_device_that_is_its_document_gets_tokens() {
    let web = Web::new();
    let mut described = document();
    described["grant_types"] = json!([DeviceCode::NAME, "refresh_token"]);
    described["response_types"] = json!([]);
    web.publish(&described);
    let fixture = with_devices(&web).await;
    let first = tokens(&fixture, DOCUMENT).await;
    Tokens::of(&fixture.refresh(DOCUMENT, &first.refresh).await);
}

/// A client that may use the one grant type can't use the other.
#[tokio::test]
async fn devices_of_strangers_need_a_server_with_devices_and_the_grant_type() {
    let web = Web::new();
    let fixture = with_devices(&web).await;
    web.publish(&document());
    let begun = fixture.post("/device_authorization", DOCUMENT, &[]).await;
    begun.assert_error(400, "unauthorized_client");
    let without = |config: &mut grantor_server::Config| config.registration = Registration::Open;
    let without = Fixture::with(without).await;
    let refused = without.register(&metadata()).await;
    refused.assert_error(400, "invalid_client_metadata");
    let mut both = native();
    both["grant_types"] = json!(["authorization_code", DeviceCode::NAME]);
    let answer = without.register(&both).await;
    assert_eq!(answer.json()["grant_types"], json!(["authorization_code"]));
}
