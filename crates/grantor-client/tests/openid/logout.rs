//! Logout: by the application, by the provider through the browser, and from server to server.

use grantor_client::openid::{EndSessionRequest, FrontChannelLogout, InitiateLogin};
use grantor_jose::{Algorithm, Key, jwt, jwt::Typ};
use serde_json::{Value, json};
use url::Url;

use crate::provider::{flow, sign_in, world};
use crate::support::{ISSUER, World};

fn claims(world: &World) -> Value {
    let now = world.now().as_secs();
    json!({
        "iss": ISSUER, "aud": "app", "sub": "user-1", "sid": "s1", "jti": "1", "iat": now,
        "exp": now + 120, "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    })
}

async fn refused(change: impl Fn(&mut Value)) -> String {
    let world = world();
    let mut claims = claims(&world);
    change(&mut claims);
    let token = world.server.signed(Typ::LOGOUT_TOKEN, &claims);
    let error = flow(&world).logout_token(&token).await.unwrap_err();
    assert!(error.is_refused(), "{error:?}");
    error.to_string()
}

/// OpenID Connect RP-Initiated Logout section 2.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_rp_init_logout() {
    let world = world();
    let flow = flow(&world);
    let signed_in = sign_in(&world, &flow).await.unwrap();
    let id_token = signed_in.extra["id_token"].as_str().unwrap();
    let request = EndSessionRequest {
        id_token_hint: Some(id_token.into()),
        post_logout_redirect_uri: Some("https://app.example/bye".to_owned()),
        state: Some("s".to_owned()),
        ..EndSessionRequest::default()
    };
    let url = flow.end_session_url(request).await.unwrap().unwrap();
    let pairs: Vec<_> = url.query_pairs().collect();
    let param = |name: &str| {
        let found = pairs.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_ref())
    };
    assert_eq!(url.path(), "/end_session");
    assert_eq!(param("id_token_hint"), Some(id_token));
    assert_eq!(param("client_id"), Some("app"));
    assert_eq!(param("state"), Some("s"));
}

/// OpenID Connect Front-Channel Logout section 3.
#[tokio::test]
async fn oidcc_client_test_rp_frontchannel_opinitlogout() {
    let query = "iss=https%3A%2F%2Fidp.example&sid=s1";
    let logout = FrontChannelLogout::from_query(query, ISSUER).unwrap();
    assert_eq!(logout.session_id, "s1");
    let foreign = FrontChannelLogout::from_query(query, "https://other.example");
    assert!(foreign.is_err());
}

/// OpenID Connect Back-Channel Logout section 2.6.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_rp_backchannel_rpinitlogout() {
    let world = world();
    for typ in [Typ::LOGOUT_TOKEN, Typ::JWT] {
        let token = world.server.signed(typ, &claims(&world));
        let logout = flow(&world).logout_token(&token).await.unwrap();
        assert_eq!(logout.subject.as_deref(), Some("user-1"));
        assert_eq!(logout.session_id.as_deref(), Some("s1"));
    }
}

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_alg_none() {
    let world = world();
    let token = world.server.signed(Typ::LOGOUT_TOKEN, &claims(&world));
    let payload = token.split('.').nth(1).unwrap();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{payload}.");
    assert!(flow(&world).logout_token(&unsigned).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_alg() {
    let world = world();
    let key = Key::from_secret(Algorithm::Hs256, &[7; 32]).unwrap();
    let token = jwt::sign(&key, Typ::LOGOUT_TOKEN, &claims(&world)).unwrap();
    let error = flow(&world).logout_token(&token).await.unwrap_err();
    assert!(error.to_string().contains("\"alg\""), "{error}");
}

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_no_event() {
    let message = refused(|claims| {
        claims.as_object_mut().unwrap().remove("events");
    });
    assert!(message.await.contains("\"events\""));
}

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_event() {
    let message = refused(|claims| claims["events"] = json!({"http://example.com/other": {}}));
    assert!(message.await.contains("\"events\""));
}

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_with_nonce() {
    let message = refused(|claims| claims["nonce"] = json!("n"));
    assert!(message.await.contains("\"nonce\""));
}

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_aud() {
    let message = refused(|claims| claims["aud"] = json!("another"));
    assert!(message.await.contains("\"aud\""));
}

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_iss() {
    let message = refused(|claims| claims["iss"] = json!("https://other.example"));
    assert!(message.await.contains("\"iss\""));
}

/// An ID token is no logout token, though one key signs both (RFC 8725 section 3.11).
#[tokio::test(start_paused = true)]
async fn an_id_token_ends_no_session() {
    let world = world();
    let flow = flow(&world);
    let signed_in = sign_in(&world, &flow).await.unwrap();
    let id_token = signed_in.extra["id_token"].as_str().unwrap();
    assert!(flow.logout_token(id_token).await.is_err());
}

/// OpenID Connect Core section 4.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_3rd_party_init_login() {
    let world = world();
    let application = Url::parse("https://app.example").unwrap();
    let query = "iss=https://idp.example&login_hint=ann&target_link_uri=https://app.example/inbox";
    let asked = InitiateLogin::from_query(query, &application).unwrap();
    assert_eq!(asked.issuer, ISSUER);
    let flow = flow(&world).parameter("login_hint", asked.login_hint.unwrap());
    let url = flow.start().await.unwrap().url;
    assert!(url.query().unwrap().contains("login_hint=ann"), "{url}");
    assert!(sign_in(&world, &flow).await.is_ok());
}
