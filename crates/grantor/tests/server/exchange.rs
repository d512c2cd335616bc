//! The example of a server that exchanges tokens and takes the JWTs of others.

use axum::Router;
use grantor::axum::ServerExt;
use grantor::http::system;
use grantor::jose::{Algorithm, Key, KeySet, jwt};
use serde_json::json;

use crate::calls::post;
use crate::examples::exchange;

const ISSUER: &str = "http://127.0.0.1:3000";
const GATEWAY: (&str, &str) = ("gateway", "the secret of the gateway");
const GRANT: &str = "urn:ietf:params:oauth:grant-type:";

async fn server(key: &Key) -> Router {
    let keys: KeySet = key.public().cloned().into_iter().collect();
    exchange::server(ISSUER, keys).await.unwrap().routes()
}

#[tokio::test]
async fn the_jwt_of_a_partner_becomes_a_token_which_is_exchanged_for_the_api_of_orders() {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let app = server(&key).await;
    let now = system().now().as_secs();
    let claims = json!({
        "iss": "https://partner.example", "sub": "ada", "aud": ISSUER, "exp": now + 60,
        "jti": "1",
    });
    let assertion = jwt::sign(&key, jwt::Typ::JWT, &claims).unwrap();
    let grant_type = format!("{GRANT}jwt-bearer");
    let asked = [("grant_type", &*grant_type), ("assertion", &*assertion)];
    let token = post(&app, "/token", GATEWAY, &asked)
        .await
        .member("access_token");
    let seen = post(&app, "/introspect", GATEWAY, &[("token", &token)]).await;
    assert_eq!(seen.member("sub"), "partner:ada");
    let grant_type = format!("{GRANT}token-exchange");
    let mut asked = vec![
        ("grant_type", &*grant_type),
        ("subject_token", &*token),
        (
            "subject_token_type",
            "urn:ietf:params:oauth:token-type:access_token",
        ),
    ];
    // The policy knows the way to the orders, and no other.
    let refused = post(&app, "/token", GATEWAY, &asked).await;
    assert_eq!(refused.member("error"), "invalid_request");
    asked.push(("resource", "https://orders.example.com"));
    let exchanged = post(&app, "/token", GATEWAY, &asked)
        .await
        .member("access_token");
    let seen = post(&app, "/introspect", GATEWAY, &[("token", &exchanged)]).await;
    assert_eq!(seen.member("aud"), "https://orders.example.com");
    assert_eq!(seen.json()["act"]["sub"], "gateway");
}
