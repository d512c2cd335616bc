//! The grant types of OAuth 2.0 that OAuth 2.1 has no more, under the profile that has them.

use std::sync::Arc;

use grantor_jose::Algorithm;
use grantor_server::grant_type::{Implicit, Password};
use grantor_server::{AccessTokens, NewClient, Profile};
use grantor_store::MemoryStore;
use http::header;

use crate::support::{
    APP, Ask, Browser, Fixture, ISSUER, MACHINE, PASSWORD, RESOURCE, STATE, Tokens, Who, value,
};

const OLD: Who = Who {
    id: "old",
    secret: Some("the secret of old"),
    redirect_uri: "https://old.example/cb?x=1",
};

async fn fixture(kind: AccessTokens) -> Fixture {
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        builder
            .grant_type(Password)
            .grant_type(Implicit)
            .configure(|config| {
                config.profile = Profile::Legacy20;
                config.access_tokens = kind;
            })
    });
    let fixture = fixture.await;
    let all = [
        "authorization_code",
        "refresh_token",
        "password",
        "implicit",
    ];
    let old = NewClient::confidential(OLD.id)
        .with_grant_types(all)
        .with_scope("read write".parse().unwrap())
        .with_redirect_uri(OLD.redirect_uri.parse().unwrap())
        .with_secret(OLD.secret.unwrap());
    fixture.clients.add(old).await.unwrap();
    fixture
}

fn password<'a>(name: &'a str, password: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("grant_type", "password"),
        ("username", name),
        ("password", password),
        ("scope", "read"),
    ]
}

fn ask_token() -> Ask {
    Ask::new(OLD)
        .with("response_type", "token")
        .without("code_challenge")
        .without("code_challenge_method")
}

/// The parameters in the fragment of a redirect to the client.
#[track_caller]
fn fragment(reply: &crate::support::Reply) -> Vec<(String, String)> {
    assert_eq!(reply.status, 303, "{reply:?}");
    let location = reply.header(header::LOCATION);
    let rest = location.strip_prefix(OLD.redirect_uri).unwrap();
    let fragment = rest
        .strip_prefix('#')
        .unwrap_or_else(|| panic!("{location}"));
    url::form_urlencoded::parse(fragment.as_bytes())
        .into_owned()
        .collect()
}

#[tokio::test]
async fn a_password_gives_tokens_of_its_user() {
    let fixture = fixture(AccessTokens::Opaque).await;
    let reply = fixture.token(OLD, &password("alice", PASSWORD)).await;
    let tokens = Tokens::of(&reply);
    let seen = fixture.server.introspect(&tokens.access).await.unwrap();
    let alice = fixture.accounts.list().await.unwrap().unwrap()[0]
        .subject
        .clone();
    assert_eq!(
        (seen.sub, seen.aud),
        (Some(alice.clone()), vec![RESOURCE.to_owned()])
    );
    fixture.refresh(OLD, &tokens.refresh).await.assert_ok();
    let target = grantor_server::Target::Subject(alice);
    fixture.server.revoke(&target).await.unwrap();
    assert!(!fixture.is_active(&tokens.access).await);
}

#[tokio::test]
async fn a_wrong_password_is_refused_as_an_unknown_user_is() {
    let fixture = fixture(AccessTokens::Opaque).await;
    let mut told = Vec::new();
    for (name, wrong) in [("alice", "wrong"), ("nobody", PASSWORD)] {
        let reply = fixture.token(OLD, &password(name, wrong)).await;
        reply.assert_error(400, "invalid_grant");
        told.push(reply.member("error_description"));
    }
    assert_eq!(told[0], told[1]);
    let ask = [("grant_type", "password"), ("username", "alice")];
    fixture
        .token(OLD, &ask)
        .await
        .assert_error(400, "invalid_request");
    for who in [APP, MACHINE] {
        let reply = fixture.token(who, &password("alice", PASSWORD)).await;
        reply.assert_error(400, "unauthorized_client");
    }
}

#[tokio::test]
async fn a_token_comes_in_the_fragment() {
    for kind in [AccessTokens::Opaque, AccessTokens::Jwt(Algorithm::Es256)] {
        let fixture = fixture(kind).await;
        let mut browser = Browser::new(&fixture);
        let login = browser.open(&ask_token().url()).await;
        let consent = browser.sign_in(&login).await;
        let done = browser.allow(&consent).await;
        assert_eq!(done.header(header::CACHE_CONTROL), "no-store");
        let pairs = fragment(&done);
        let get = |name| value(&pairs, name);
        assert_eq!(
            (get("token_type"), get("expires_in")),
            (Some("Bearer"), Some("300"))
        );
        assert_eq!((get("state"), get("iss")), (Some(STATE), Some(ISSUER)));
        assert_eq!(
            (get("scope"), get("code"), get("refresh_token")),
            (Some("read"), None, None)
        );
        let token = get("access_token").unwrap();
        let seen = fixture.server.introspect(token).await.unwrap();
        assert_eq!(
            (seen.client_id.as_deref(), seen.aud),
            (Some(OLD.id), vec![RESOURCE.to_owned()])
        );
        let (_, entry) = fixture.record(*b"gr").await;
        let grant: serde_json::Value = serde_json::from_slice(&entry.value[1..]).unwrap();
        assert_eq!(grant["state"], serde_json::json!({ "live": {} }));
        // The form that was sent before gives no second token.
        browser.allow(&consent).await.assert_error_page(400);
        let target = grantor_server::Target::Subject(seen.sub.unwrap());
        fixture.server.revoke(&target).await.unwrap();
        assert!(!fixture.is_active(token).await);
    }
}

#[tokio::test]
async fn errors_of_a_request_for_a_token_come_in_the_fragment_too() {
    let fixture = fixture(AccessTokens::Opaque).await;
    for (ask, code) in [
        (ask_token().with("scope", "admin"), "invalid_scope"),
        (ask_token().with("prompt", "none"), "login_required"),
        (
            ask_token().with("response_mode", "query"),
            "invalid_request",
        ),
    ] {
        let reply = Browser::new(&fixture).open(&ask.url()).await;
        let pairs = fragment(&reply);
        assert_eq!(value(&pairs, "error"), Some(code));
        assert_eq!(value(&pairs, "state"), Some(STATE));
    }
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&ask_token().url()).await;
    let consent = browser.sign_in(&login).await;
    let denied = browser.press(&consent, &[], Some("deny")).await;
    assert_eq!(value(&fragment(&denied), "error"), Some("access_denied"));
    let as_app = ask_token()
        .with("client_id", APP.id)
        .with("redirect_uri", APP.redirect_uri);
    let reply = Browser::new(&fixture).open(&as_app.url()).await;
    assert!(
        reply
            .header(header::LOCATION)
            .contains("#error=unauthorized_client")
    );
}

#[tokio::test]
async fn pkce_is_optional_and_proved_if_it_is_there() {
    let fixture = fixture(AccessTokens::Opaque).await;
    let without = Ask::new(OLD)
        .without("code_challenge")
        .without("code_challenge_method");
    let code = fixture.code_for(OLD, without).await;
    let mut pairs = code.pairs();
    pairs.retain(|(name, _)| *name != "code_verifier");
    fixture.token(OLD, &pairs).await.assert_ok();
    let code = fixture.code(OLD).await;
    let mut pairs = code.pairs();
    pairs.retain(|(name, _)| *name != "code_verifier");
    fixture
        .token(OLD, &pairs)
        .await
        .assert_error(400, "invalid_grant");
    fixture.redeem(OLD, &code).await.assert_ok();
}

#[tokio::test]
async fn they_are_of_the_old_profile_alone() {
    let fixture = fixture(AccessTokens::Opaque).await;
    let ask = [("grant_type", "implicit")];
    fixture
        .token(OLD, &ask)
        .await
        .assert_error(400, "unsupported_grant_type");
    let metadata = fixture
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    assert_eq!(
        metadata["response_types_supported"],
        serde_json::json!(["code", "token"])
    );
    let issuer = fixture.server.issuer().clone();
    let built = grantor_server::Server::builder(issuer, fixture.stores.clone())
        .site_with(grantor_site::AccountSite::for_server)
        .grant_type(Password)
        .grant_type(Implicit)
        .build()
        .await;
    let told = built.unwrap_err().to_string();
    for name in ["password", "implicit"] {
        assert!(
            told.contains(&format!("the grant type {name} is not one of OAuth 2.1")),
            "{told}"
        );
    }
    let modern = Fixture::new().await;
    let ask = Ask::new(APP).with("response_type", "token");
    let reply = Browser::new(&modern).open(&ask.url()).await;
    reply.assert_redirected_error(APP.redirect_uri, "unsupported_response_type");
    modern
        .token(APP, &password("alice", PASSWORD))
        .await
        .assert_error(400, "unsupported_grant_type");
}
