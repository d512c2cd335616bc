//! The grants of the fake server.

use grantor_core::{ErrorCode, ErrorResponse, Timestamp};
use grantor_jose::{Algorithm, Key, jws};
use grantor_testkit::{GrantAnswer, answer};
use serde_json::{Value, json};

use crate::{access_token, ask, refused, server, with_clock};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ASSERTION: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

#[tokio::test]
async fn a_user_is_known_by_name_and_password() {
    let server = server();
    server.add_user("ada", "pw");
    let form = |password| {
        [
            ("grant_type", "password"),
            ("username", "ada"),
            ("password", password),
        ]
    };
    assert_eq!(refused(&server, &form("other")).await, "invalid_grant");
    let (_, body) = ask(&server, &form("pw")).await;
    let refresh_token = body["refresh_token"].as_str().unwrap();
    assert_eq!(crate::refresh(&server, refresh_token).await.0, 200);
    let without_password = [("grant_type", "password"), ("username", "ada")];
    assert_eq!(refused(&server, &without_password).await, "invalid_request");
}

fn exchange<'a>(subject: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("grant_type", EXCHANGE),
        ("subject_token", subject),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    form.extend_from_slice(more);
    form
}

#[tokio::test]
async fn an_exchange_takes_its_own_tokens_and_those_declared_good() {
    let server = server();
    let own = access_token(&server, &crate::CLIENT_CREDENTIALS).await;
    access_token(&server, &exchange(&own, &[])).await;
    access_token(&server, &exchange(&server.new_refresh_token(), &[])).await;
    let foreign = exchange("foreign", &[]);
    assert_eq!(refused(&server, &foreign).await, "invalid_request");
    server.trust_token("foreign");
    let (_, body) = ask(&server, &foreign).await;
    assert_eq!(body["issued_token_type"], ACCESS_TOKEN);
    assert!(body.get("refresh_token").is_none());
    server.revoke_access_tokens();
    assert_eq!(
        refused(&server, &exchange(&own, &[])).await,
        "invalid_request"
    );
}

#[tokio::test]
async fn an_exchange_is_recorded_with_actor_target_and_type() {
    let server = server();
    server.trust_token("user");
    let refresh = "urn:ietf:params:oauth:token-type:refresh_token";
    let more = [
        ("actor_token", "service"),
        ("actor_token_type", ACCESS_TOKEN),
        ("resource", "https://a.example/"),
        ("resource", "https://b.example/"),
        ("audience", "c"),
        ("requested_token_type", refresh),
    ];
    assert_eq!(
        refused(&server, &exchange("user", &more)).await,
        "invalid_request"
    );
    assert_eq!(
        refused(&server, &exchange("user", &more[..1])).await,
        "invalid_request"
    );
    assert_eq!(
        refused(&server, &exchange("user", &more[1..])).await,
        "invalid_request"
    );
    server.trust_token("service");
    let (_, body) = ask(&server, &exchange("user", &more)).await;
    assert_eq!(body["issued_token_type"], refresh);
    assert!(body.get("refresh_token").is_some());
    let recorded = server.last_token_request().unwrap();
    assert_eq!(
        recorded.parameter("actor_token").as_deref(),
        Some("service")
    );
    let resources = ["https://a.example/", "https://b.example/"];
    assert_eq!(recorded.parameters("resource"), resources);
    assert_eq!(recorded.parameters("audience"), ["c"]);
}

fn assertion(key: &Key, claims: &Value) -> String {
    jws::sign(key, &jws::Header::new(), claims.to_string().as_bytes()).unwrap()
}

#[tokio::test]
async fn an_assertion_is_recorded_and_verified_where_a_test_wants_it() {
    let (server, clock) = with_clock();
    access_token(&server, &assertion_form("anything")).await;
    let recorded = server.last_token_request().unwrap();
    assert_eq!(recorded.parameter("assertion").as_deref(), Some("anything"));

    let key = Key::generate(Algorithm::Es256).unwrap();
    server.verify_assertions_with(key.public().cloned().into_iter().collect());
    let now = 1_790_000_000;
    let claims = |aud: &str| json!({ "iss": "me", "sub": "me", "aud": aud, "exp": now + 60 });
    let good = assertion(&key, &claims("https://idp.example"));
    access_token(&server, &assertion_form(&good)).await;
    let to_endpoint = json!({
        "iss": "me", "sub": "me", "aud": ["x", "https://idp.example/token"], "exp": now + 60,
    });
    access_token(&server, &assertion_form(&assertion(&key, &to_endpoint))).await;
    let stranger = Key::generate(Algorithm::Es256).unwrap();
    let bad = [
        "anything".to_owned(),
        assertion(&stranger, &claims("https://idp.example")),
        assertion(&key, &claims("https://other.example")),
        assertion(
            &key,
            &json!({ "sub": "me", "aud": "https://idp.example", "exp": now + 60 }),
        ),
        assertion(
            &key,
            &json!({ "iss": "me", "sub": "me", "aud": "https://idp.example" }),
        ),
        assertion(
            &key,
            &json!({ "iss": "me", "aud": "https://idp.example", "exp": now + 60 }),
        ),
    ];
    for bad in bad {
        assert_eq!(
            refused(&server, &assertion_form(&bad)).await,
            "invalid_grant"
        );
    }
    clock.jump_to(Timestamp::from_secs(now + 60));
    assert_eq!(
        refused(&server, &assertion_form(&good)).await,
        "invalid_grant"
    );
}

fn assertion_form(assertion: &str) -> [(&str, &str); 2] {
    [("grant_type", ASSERTION), ("assertion", assertion)]
}

#[tokio::test]
async fn a_grant_of_a_tests_own() {
    let server = server();
    let copy = server.clone();
    server.on_grant("urn:example:magic", move |request| {
        // It may ask the server.
        let number = copy.token_requests();
        match request.parameter("word").as_deref() {
            Some("token") => GrantAnswer::token(),
            Some("login") => {
                let members = json!({ "number": number }).as_object().cloned();
                GrantAnswer::Login(members.unwrap_or_default())
            }
            Some("page") => GrantAnswer::Answer(answer::json(202, &json!({ "wait": true }))),
            _ => GrantAnswer::Refused(ErrorResponse::new(
                ErrorCode::InvalidGrant,
                "the magic word",
            )),
        }
    });
    let form = |word| [("grant_type", "urn:example:magic"), ("word", word)];
    let token = access_token(&server, &form("token")).await;
    assert!(server.takes_access_token(&token));
    let (_, body) = ask(&server, &form("login")).await;
    assert_eq!(body["number"], 2);
    assert!(server.takes_refresh_token(body["refresh_token"].as_str().unwrap()));
    assert_eq!(ask(&server, &form("page")).await.0, 202);
    assert_eq!(refused(&server, &form("x")).await, "invalid_grant");
    let published = server.metadata().grant_types_supported;
    assert!(published.contains(&"urn:example:magic".to_owned()));
}

#[tokio::test]
async fn what_is_no_grant_is_refused() {
    let server = server();
    let unknown = [("grant_type", "urn:example:unknown")];
    assert_eq!(refused(&server, &unknown).await, "unsupported_grant_type");
    assert_eq!(refused(&server, &[]).await, "invalid_request");
    let twice = [crate::CLIENT_CREDENTIALS[0], crate::CLIENT_CREDENTIALS[0]];
    assert_eq!(refused(&server, &twice).await, "invalid_request");
    let odd = [("grant_type", "client_credentials"), ("scope", "\"")];
    assert_eq!(refused(&server, &odd).await, "invalid_scope");
}
