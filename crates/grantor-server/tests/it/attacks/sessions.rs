//! The sessions of browsers.

use grantor_jose::base64url;
use grantor_server::Target;

use crate::support::{Ask, Browser, Code, Fixture, PASSWORD, SPA};

/// OWASP ASVS 3.3.3: whoever has a browser that was signed in with the old password is signed out by a new
/// one.
#[tokio::test]
async fn a_changed_password_ends_the_sessions_before_it() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&Ask::new(SPA).url()).await;
    browser.sign_in(login.assert_ok()).await.assert_ok();
    let consent = browser.open(&Ask::new(SPA).url()).await;
    assert!(consent.assert_ok().text().contains("Allow"));
    fixture.clock.advance(1);
    let password = "another long password".into();
    let changed = fixture.accounts.set_password("alice", &password);
    assert!(changed.await.unwrap().is_some());
    let again = browser.open(&Ask::new(SPA).url()).await;
    assert!(again.assert_ok().text().contains("name=\"password\""));
    let refused = browser
        .press(
            &again,
            &[("username", "alice"), ("password", PASSWORD)],
            None,
        )
        .await;
    assert_eq!(refused.status, 422);
}

/// A thief's browser that is signed out, or whose user was revoked, is noticed by the site within a second.
/// What it is allowed within that second is revoked as well.
#[tokio::test]
async fn a_grant_in_a_session_that_was_just_revoked_is_revoked_too() {
    for by_session in [true, false] {
        let fixture = Fixture::new().await;
        let mut browser = Browser::new(&fixture);
        let login = browser.open(&Ask::new(SPA).url()).await;
        browser.sign_in(login.assert_ok()).await.assert_ok();
        let ask = Ask::new(SPA);
        let consent = browser.open(&ask.url()).await;
        let (key, _) = fixture.record(*b"se").await;
        let subject = fixture
            .accounts
            .list()
            .await
            .unwrap()
            .unwrap()
            .remove(0)
            .subject;
        let target = match by_session {
            true => Target::Session(base64url::encode(&key.as_bytes()[10..])),
            false => Target::Subject(subject),
        };
        fixture.server.revoke(&target).await.unwrap();
        let done = browser.allow(consent.assert_ok()).await;
        // The site may have noticed already, and ask for the password.
        if done.status == 303 {
            let code = Code {
                code: done.code(SPA.redirect_uri),
                verifier: ask.verifier.expose().to_owned(),
                redirect_uri: SPA.redirect_uri.to_owned(),
            };
            let refused = fixture.redeem(SPA, &code).await;
            refused.assert_error(400, "invalid_grant");
        }
        fixture.clock.advance(1);
        let again = browser.open(&Ask::new(SPA).url()).await;
        assert!(again.assert_ok().text().contains("name=\"password\""));
    }
}
