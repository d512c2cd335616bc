//! Users whom the fake server asks without a browser.

use grantor_jose::{Algorithm, Key, jwt};
use grantor_testkit::FakeServer;
use serde_json::{Value, json};

use crate::{ask, post, refused, seconds, server, with_clock};

const CIBA: &str = "urn:openid:params:grant-type:ciba";
const ANN: [(&str, &str); 3] = [
    ("scope", "openid"),
    ("login_hint", "ann"),
    ("client_id", "app"),
];

async fn begin(server: &FakeServer, form: &[(&str, &str)]) -> Value {
    let answer = post(server, "/backchannel", form).await;
    serde_json::from_slice(answer.body()).unwrap()
}

fn poll(id: &str) -> [(&str, &str); 3] {
    [
        ("grant_type", CIBA),
        ("auth_req_id", id),
        ("client_id", "app"),
    ]
}

#[tokio::test]
async fn a_user_decides_elsewhere() {
    let server = server();
    let begun = begin(&server, &ANN).await;
    assert_eq!(
        begun,
        json!({"auth_req_id": "auth-req-1", "expires_in": 120, "interval": 5})
    );
    let poll = poll("auth-req-1");
    assert_eq!(refused(&server, &poll).await, "authorization_pending");
    assert_eq!(server.pending_backchannel(), ["auth-req-1"]);
    server.approve_backchannel("auth-req-1");
    let (_, body) = ask(&server, &poll).await;
    let id_token = body["id_token"].as_str().unwrap();
    assert_eq!(
        jwt::unverified_claims(id_token).unwrap().subject.as_deref(),
        Some("ann")
    );
    assert_eq!(refused(&server, &poll).await, "invalid_grant");
    begin(&server, &ANN).await;
    server.deny_backchannel("auth-req-2");
    assert_eq!(
        refused(&server, &self::poll("auth-req-2")).await,
        "access_denied"
    );
}

#[tokio::test]
async fn the_pace_and_the_end_are_the_servers() {
    let (server, clock) = with_clock();
    begin(&server, &ANN).await;
    let poll = poll("auth-req-1");
    assert_eq!(refused(&server, &poll).await, "authorization_pending");
    clock.advance(seconds(4));
    assert_eq!(refused(&server, &poll).await, "slow_down");
    clock.advance(seconds(9));
    assert_eq!(refused(&server, &poll).await, "slow_down");
    clock.advance(seconds(107));
    assert_eq!(refused(&server, &poll).await, "expired_token");
}

#[tokio::test]
async fn a_request_names_one_user_and_is_of_openid() {
    let server = server();
    for (form, error) in [
        (vec![("scope", "openid")], "invalid_request"),
        (
            vec![("scope", "read"), ("login_hint", "ann")],
            "invalid_request",
        ),
        (
            vec![
                ("scope", "openid"),
                ("login_hint", "ann"),
                ("login_hint_token", "t"),
            ],
            "invalid_request",
        ),
        (
            vec![
                ("scope", "openid"),
                ("login_hint", "ann"),
                (
                    "binding_message",
                    "a message that is far too long to be shown on a telephone, or a watch",
                ),
            ],
            "invalid_binding_message",
        ),
    ] {
        assert_eq!(begin(&server, &form).await["error"], error, "{form:?}");
    }
}

#[tokio::test]
async fn a_notification_has_the_token_of_its_request() {
    let server = server();
    let mut form = ANN.to_vec();
    form.push(("client_notification_token", "t1"));
    begin(&server, &form).await;
    let notification = server.notification("auth-req-1");
    assert_eq!(notification.headers()["authorization"], "Bearer t1");
    let body: Value = serde_json::from_slice(notification.body()).unwrap();
    assert_eq!(body, json!({"auth_req_id": "auth-req-1"}));
}

#[tokio::test]
async fn a_signed_request_is_verified() {
    let server = server();
    let [key, foreign] = [(); 2].map(|()| Key::generate(Algorithm::Es256).unwrap());
    server.verify_requests_with(key.public().cloned().into_iter().collect());
    server.require_signed_requests();
    let claims = json!({
        "iss": "app", "client_id": "app", "aud": "https://idp.example", "exp": 4_000_000_000_u64,
        "scope": "openid", "login_hint": "ann", "requested_expiry": 60,
    });
    let signed = |key: &Key| jwt::sign(key, jwt::Typ::JWT, &claims).unwrap();
    let (good, bad) = (signed(&key), signed(&foreign));
    let with = |request| [("client_id", "app"), ("request", request)];
    assert_eq!(begin(&server, &with(&good)).await["expires_in"], 60);
    assert_eq!(
        begin(&server, &with(&bad)).await["error"],
        "invalid_request"
    );
    assert_eq!(begin(&server, &ANN).await["error"], "invalid_request");
}
