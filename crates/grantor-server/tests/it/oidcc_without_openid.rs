//! The modules of the OpenID Foundation's plans `oidcc-*` that are about OAuth alone, under their own names:
//! used codes, redirect URIs, and what a request may have.

use grantor_core::RedirectUri;

use crate::support::{
    APP, Ask, Browser, Code, Fixture, OTHER, STATE, Tokens, Who, form_request, json_request, value,
    with_codes,
};

async fn redeem_twice(seconds: u64) {
    let fixture = Fixture::new().await;
    let code = fixture.code(APP).await;
    let tokens = Tokens::of(&fixture.redeem(APP, &code).await);
    fixture.clock.advance(seconds);
    let again = fixture.redeem(APP, &code).await;
    again.assert_error(400, "invalid_grant");
    // RFC 6749 section 4.1.2, a SHOULD.
    assert!(!fixture.is_active(&tokens.access).await);
}

#[tokio::test]
async fn oidcc_codereuse() {
    redeem_twice(0).await;
}

#[tokio::test]
async fn oidcc_codereuse_30seconds() {
    redeem_twice(30).await;
}

#[tokio::test]
async fn oidcc_ensure_registered_redirect_uri() {
    let fixture = Fixture::new().await;
    let uri = format!("{}/unregistered", APP.redirect_uri);
    let ask = Ask::new(APP).with("redirect_uri", &uri);
    fixture.get(&ask.url()).await.assert_error_page(400);
}

/// OAuth lets the only registered one be left out; of two it has to be one.
#[tokio::test]
async fn oidcc_ensure_redirect_uri_in_authorization_request() {
    let fixture = Fixture::new().await;
    const TWO: Who = Who { id: "two", ..APP };
    let two = with_codes(TWO).with_redirect_uri("https://app.example/2".parse().unwrap());
    fixture.clients.add(two).await.unwrap();
    let ask = Ask::new(TWO).without("redirect_uri");
    fixture.get(&ask.url()).await.assert_error_page(400);
}

/// The query of a redirect URI stays, and the response is added to it.
#[tokio::test]
async fn oidcc_redirect_uri_query_ok() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(OTHER).url()).await;
    let consent = browser.sign_in(login.assert_ok()).await;
    let done = browser.allow(consent.assert_ok()).await;
    let pairs = done.callback(OTHER.redirect_uri);
    assert_eq!(value(&pairs, "tenant"), Some("1"));
    assert!(value(&pairs, "code").is_some());
}

#[tokio::test]
async fn oidcc_redirect_uri_query_added() {
    let fixture = Fixture::new().await;
    for added in ["?foo=bar", "?"] {
        let uri = format!("{}{added}", APP.redirect_uri);
        let ask = Ask::new(APP).with("redirect_uri", &uri);
        fixture.get(&ask.url()).await.assert_error_page(400);
    }
}

#[tokio::test]
async fn oidcc_redirect_uri_query_mismatch() {
    let fixture = Fixture::new().await;
    for query in ["?tenant=2", "?tenant=1&x=1", "?x=1&tenant=1", ""] {
        let uri = format!("https://other.example/cb{query}");
        let ask = Ask::new(OTHER).with("redirect_uri", &uri);
        fixture.get(&ask.url()).await.assert_error_page(400);
    }
}

/// A redirect URI with a fragment is not registered.
#[tokio::test]
async fn oidcc_redirect_uri_regfrag() {
    let fragment = "https://app.example/cb#foobar";
    assert!(fragment.parse::<RedirectUri>().is_err());
    let fixture = Fixture::with(|config| {
        config.registration = grantor_server::Registration::Open;
    });
    let fixture = fixture.await;
    let metadata = serde_json::json!({
        "redirect_uris": [fragment], "token_endpoint_auth_method": "none",
    });
    let request = json_request(http::Method::POST, "/register", None, &metadata);
    let reply = fixture.send(request).await;
    assert_eq!(reply.status, 400, "{reply:?}");
    assert_eq!(reply.member("error"), "invalid_redirect_uri");
}

#[tokio::test]
async fn oidcc_response_type_missing() {
    let fixture = Fixture::new().await;
    let url = Ask::new(APP).without("response_type").url();
    let reply = fixture.get(&url).await;
    reply.assert_redirected_error(APP.redirect_uri, "invalid_request");
}

#[tokio::test]
async fn oidcc_ensure_request_with_unknown_parameter_succeeds() {
    let fixture = Fixture::new().await;
    let ask = Ask::new(APP).with("extra", "foobar");
    let code = fixture.code_for(APP, ask).await;
    fixture.redeem(APP, &code).await.assert_ok();
}

#[tokio::test]
async fn oidcc_ensure_request_with_valid_pkce_succeeds() {
    let fixture = Fixture::new().await;
    let code = fixture.code(APP).await;
    fixture.redeem(APP, &code).await.assert_ok();
}

#[tokio::test]
async fn oidcc_ensure_post_request_succeeds() {
    let fixture = Fixture::new().await;
    let ask = Ask::new(APP);
    let body = crate::support::form(&ask.pairs);
    let mut browser = Browser::new(&fixture);
    // The first answer sets the cookie of this browser.
    browser.open(&ask.url()).await.assert_ok();
    let login = browser.post("/authorize", &ask.pairs).await;
    let consent = browser.sign_in(login.assert_ok()).await;
    let done = browser.allow(consent.assert_ok()).await;
    assert_eq!(
        value(&done.callback(APP.redirect_uri), "state"),
        Some(STATE)
    );
    let code = Code {
        code: done.code(APP.redirect_uri),
        verifier: ask.verifier.expose().to_owned(),
        redirect_uri: APP.redirect_uri.to_owned(),
    };
    fixture.redeem(APP, &code).await.assert_ok();
    // A browser without a cookie is sent there once more.
    let first = fixture.send(form_request("/authorize", &body)).await;
    assert_eq!(first.status, 303);
}

#[tokio::test]
async fn oidcc_server_client_secret_post() {
    let fixture = Fixture::new().await;
    let ask = [
        ("grant_type", "client_credentials"),
        ("client_id", crate::support::MACHINE.id),
        ("client_secret", crate::support::MACHINE.secret.unwrap()),
    ];
    let pairs = ask.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let request = form_request("/token", &crate::support::form(&pairs));
    fixture.send(request).await.assert_ok();
}

/// The refresh token is of its client alone.
#[tokio::test]
async fn oidcc_refresh_token() {
    let fixture = Fixture::new().await;
    let tokens = fixture.tokens(APP).await;
    let again = Tokens::of(&fixture.refresh(APP, &tokens.refresh).await);
    assert!(fixture.is_active(&again.access).await);
    let stolen = fixture.refresh(OTHER, &tokens.refresh).await;
    stolen.assert_error(400, "invalid_grant");
}
