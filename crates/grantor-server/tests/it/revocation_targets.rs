//! Revoking a grant, session, consent or user revokes every token issued under it, with one write.

use grantor_jose::{Algorithm, base64url};
use grantor_server::{AccessTokens, Server, Target};
use grantor_site::AccountSite;
use grantor_store::Key;

use crate::support::{
    API, APP, Ask, Browser, Fixture, MACHINE, OTHER, SPA, Tokens, client_request, send, with_codes,
};

const KINDS: [AccessTokens; 2] = [AccessTokens::Opaque, AccessTokens::Jwt(Algorithm::Es256)];

fn id_of(key: &Key) -> String {
    base64url::encode(&key.as_bytes()[10..])
}

async fn alice(fixture: &Fixture) -> String {
    fixture.accounts.list().await.unwrap().unwrap()[0]
        .subject
        .clone()
}

/// The part of the fixture that a test ends.
#[derive(Debug, Clone, Copy)]
enum End {
    Grant,
    Session,
    Subject,
    Consent,
    Client,
}

impl End {
    const ALL: [Self; 5] = [
        Self::Grant,
        Self::Session,
        Self::Subject,
        Self::Consent,
        Self::Client,
    ];

    async fn run(self, fixture: &Fixture) {
        let anchor = match self {
            Self::Grant => Target::Grant(id_of(&fixture.record(*b"gr").await.0)),
            Self::Session => Target::Session(id_of(&fixture.record(*b"se").await.0)),
            Self::Subject => Target::Subject(alice(fixture).await),
            Self::Consent => Target::Consent {
                subject: alice(fixture).await,
                client_id: SPA.id.to_owned(),
            },
            Self::Client => {
                assert!(fixture.clients.remove(SPA.id).await.unwrap());
                return;
            }
        };
        fixture.server.revoke(&anchor).await.unwrap();
    }
}

#[tokio::test]
async fn every_anchor_ends_its_tokens() {
    for kind in KINDS {
        for end in End::ALL {
            let fixture = Fixture::with(|config| config.access_tokens = kind).await;
            let first = fixture.tokens(SPA).await;
            let second = Tokens::of(&fixture.refresh(SPA, &first.refresh).await);
            for token in [&first.access, &second.access] {
                assert!(fixture.is_active(token).await);
            }
            end.run(&fixture).await;
            fixture.clock.advance(1);
            for token in [&first.access, &second.access] {
                let seen = fixture.introspect(API, token).await;
                assert_eq!(seen, serde_json::json!({"active": false}), "{end:?}");
            }
            let refreshed = fixture.refresh(SPA, &second.refresh).await;
            match end {
                End::Client => refreshed.assert_error(401, "invalid_client"),
                _ => refreshed.assert_error(400, "invalid_grant"),
            };
        }
    }
}

#[tokio::test]
async fn every_anchor_ends_its_codes() {
    for end in End::ALL {
        let fixture = Fixture::new().await;
        let code = fixture.code(SPA).await;
        end.run(&fixture).await;
        fixture.clock.advance(1);
        let redeemed = fixture.redeem(SPA, &code).await;
        assert!(matches!(redeemed.status.as_u16(), 400 | 401), "{end:?}");
    }
}

#[tokio::test]
async fn on_another_server_they_end_within_a_second() {
    for end in End::ALL {
        let fixture = Fixture::new().await;
        let issuer = fixture.server.issuer().clone();
        let other = Server::builder(issuer, fixture.stores.clone())
            .site_with(AccountSite::for_server)
            .build()
            .await
            .unwrap();
        let tokens = fixture.tokens(SPA).await;
        assert!(other.introspect(&tokens.access).await.unwrap().active);
        end.run(&fixture).await;
        fixture.clock.advance(1);
        assert!(
            !other.introspect(&tokens.access).await.unwrap().active,
            "{end:?}"
        );
        let pairs = [
            ("grant_type", "refresh_token"),
            ("refresh_token", &*tokens.refresh),
        ];
        let reply = send(&other, client_request("/token", SPA, &pairs)).await;
        assert_ne!(reply.status, 200, "{end:?}");
    }
}

#[tokio::test]
async fn tokens_of_other_targets_stay_valid() {
    let fixture = Fixture::new().await;
    let (mine, theirs) = (fixture.tokens(APP).await, fixture.tokens(OTHER).await);
    let subject = alice(&fixture).await;
    let consent = Target::Consent {
        subject,
        client_id: APP.id.to_owned(),
    };
    fixture.server.revoke(&consent).await.unwrap();
    for nothing in ["", "x", "AAAAAAAAAAAAAAAAAAAAAA"] {
        fixture
            .server
            .revoke(&Target::Grant(nothing.to_owned()))
            .await
            .unwrap();
        fixture
            .server
            .revoke(&Target::Session(nothing.to_owned()))
            .await
            .unwrap();
        fixture
            .server
            .revoke(&Target::Subject(nothing.to_owned()))
            .await
            .unwrap();
    }
    fixture.clock.advance(1);
    assert!(!fixture.is_active(&mine.access).await);
    assert!(fixture.is_active(&theirs.access).await);
    fixture.refresh(OTHER, &theirs.refresh).await.assert_ok();
}

#[tokio::test]
async fn tokens_of_the_client_itself_end_with_it() {
    for kind in KINDS {
        let fixture = Fixture::with(|config| config.access_tokens = kind).await;
        let reply = fixture
            .token(MACHINE, &[("grant_type", "client_credentials")])
            .await;
        let token = reply.assert_ok().member("access_token");
        assert!(fixture.is_active(&token).await);
        fixture.clients.remove(MACHINE.id).await.unwrap();
        fixture.clock.advance(1);
        assert!(!fixture.is_active(&token).await);
    }
}

#[tokio::test]
async fn a_client_that_is_added_again_starts_from_nothing() {
    let fixture = Fixture::new().await;
    let tokens = fixture.tokens(APP).await;
    let code = fixture.code(APP).await;
    fixture.clients.remove(APP.id).await.unwrap();
    fixture.clients.add(with_codes(APP)).await.unwrap();
    fixture.clock.advance(1);
    assert!(!fixture.is_active(&tokens.access).await);
    fixture.refresh(APP, &tokens.refresh).await.assert_dead();
    fixture
        .redeem(APP, &code)
        .await
        .assert_error(400, "invalid_grant");
    // Nor does it inherit the consent: the user is asked again, about a scope they once allowed.
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(APP).url()).await;
    let consent = browser.sign_in(&login).await;
    assert!(consent.assert_ok().text().contains("Allow"));
    browser.allow(&consent).await.code(APP.redirect_uri);
    browser
        .open(&Ask::new(APP).url())
        .await
        .code(APP.redirect_uri);
    // The earlier consent is not part of the present one.
    let more = browser
        .open(&Ask::new(APP).with("scope", "read write").url())
        .await;
    assert!(more.assert_ok().text().contains("Allow"));
}

#[tokio::test]
async fn a_consent_that_was_taken_back_has_to_be_given_again() {
    let fixture = Fixture::new().await;
    let tokens = fixture.tokens(APP).await;
    let subject = alice(&fixture).await;
    let consent = Target::Consent {
        subject,
        client_id: APP.id.to_owned(),
    };
    fixture.server.revoke(&consent).await.unwrap();
    let again = fixture.tokens(APP).await;
    fixture.clock.advance(1);
    assert!(fixture.is_active(&again.access).await);
    assert!(!fixture.is_active(&tokens.access).await);
}

#[tokio::test]
async fn ending_a_session_or_a_subject_or_an_account_signs_out() {
    for end in ["session", "subject", "account"] {
        let fixture = Fixture::new().await;
        let mut browser = Browser::new(&fixture);
        let login = browser.open(&Ask::new(SPA).url()).await;
        let consent = browser.sign_in(&login).await;
        assert!(consent.assert_ok().text().contains("Allow"));
        match end {
            "session" => End::Session.run(&fixture).await,
            "subject" => End::Subject.run(&fixture).await,
            _ => assert!(fixture.accounts.remove("alice").await.unwrap().is_some()),
        }
        fixture.clock.advance(1);
        let page = browser.allow(&consent).await;
        assert!(page.text().contains("Sign in"), "{end}");
        assert!(fixture.records(*b"gr").await.is_empty());
        let page = browser.open(&Ask::new(SPA).url()).await;
        assert!(page.assert_ok().text().contains("Sign in"), "{end}");
    }
}

#[tokio::test]
async fn a_new_login_may_follow_the_end_of_the_subject_at_once() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(SPA).url()).await;
    browser.sign_in(&login).await.assert_ok();
    // The epoch before was read a moment ago, and no time goes by.
    End::Subject.run(&fixture).await;
    let consent = browser.sign_in(&login).await;
    fixture.clock.advance(1);
    browser
        .allow(consent.assert_ok())
        .await
        .code(SPA.redirect_uri);
}

#[tokio::test]
async fn offline_access_outlives_the_session_and_nothing_else() {
    let fixture = Fixture::new().await;
    let who = crate::support::Who {
        id: "offline",
        ..SPA
    };
    let mut new = with_codes(who);
    new.client.scope = "read offline_access".parse().unwrap();
    fixture.clients.add(new).await.unwrap();
    let ask = Ask::new(who).with("scope", "read offline_access");
    let code = fixture.code_for(who, ask).await;
    let tokens = Tokens::of(&fixture.redeem(who, &code).await);
    End::Session.run(&fixture).await;
    fixture.clock.advance(1);
    assert!(fixture.is_active(&tokens.access).await);
    End::Subject.run(&fixture).await;
    assert!(!fixture.is_active(&tokens.access).await);
}

#[tokio::test]
async fn a_name_that_is_given_again_is_somebody_else() {
    let fixture = Fixture::new().await;
    let tokens = fixture.tokens(APP).await;
    let before = fixture.accounts.remove("alice").await.unwrap().unwrap();
    let after = fixture
        .accounts
        .add("Alice ", &crate::support::PASSWORD.into())
        .await
        .unwrap();
    assert_ne!(before.subject, after.subject);
    fixture
        .server
        .revoke(&Target::Subject(before.subject))
        .await
        .unwrap();
    assert!(!fixture.is_active(&tokens.access).await);
    let again = fixture.tokens(APP).await;
    assert_eq!(
        fixture.introspect(APP, &again.access).await["sub"],
        *after.subject
    );
}

#[tokio::test]
async fn removing_a_subject_leaves_no_token_not_even_one_issued_meanwhile() {
    let fixture = Fixture::new().await;
    let subject = alice(&fixture).await;
    let before = fixture.tokens(APP).await;
    let (server, accounts) = (&fixture.server, &fixture.accounts);
    let mut meanwhile = None;
    let remove = async || {
        assert!(!fixture.is_active(&before.access).await);
        meanwhile = Some(fixture.tokens(OTHER).await);
        accounts.remove("alice").await
    };
    let removed = server.remove_subject(&subject, remove).await.unwrap();
    assert_eq!(removed.unwrap().subject, subject);
    for tokens in [before, meanwhile.unwrap()] {
        assert!(!fixture.is_active(&tokens.access).await);
    }
    assert!(fixture.accounts.named("alice").await.unwrap().is_none());
}
