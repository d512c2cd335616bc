//! The secrets that must not be in a log, in a debugger's output or in the store.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use grantor_jose::Algorithm;
use grantor_server::AccessTokens;
use grantor_store::Listing;
use tracing::Dispatch;

use crate::support::{
    API, APP, Ask, Browser, Fault, Fixture, Form, MACHINE, OTHER, PASSWORD, SPA, STATE, Tokens,
    Who, client_request,
};

/// Everything that is logged, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn begin(&self) -> tracing::subscriber::DefaultGuard {
        // As long as there is one dispatch alone, a place that logs for the first time asks that of
        // its own thread, which may be none, and remembers the answer for all.
        static ANOTHER: OnceLock<Dispatch> = OnceLock::new();
        ANOTHER.get_or_init(|| Dispatch::new(tracing_subscriber::registry()));
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Goes through everything, right and wrong, and gives every secret that took part.
async fn everything(fixture: &Fixture) -> Vec<String> {
    let mut secrets: Vec<String> = Vec::new();
    let mut browser = Browser::new(fixture);
    let ask = Ask::new(SPA);
    let login = browser.open(&ask.url()).await;
    secrets.push(Form::of(login.text()).input("csrf").to_owned());
    for password in ["a wrong password", PASSWORD] {
        secrets.push(password.to_owned());
    }
    browser
        .press(
            &login,
            &[("username", "alice"), ("password", "a wrong password")],
            None,
        )
        .await;
    browser
        .press(
            &login,
            &[("username", "nobody"), ("password", PASSWORD)],
            None,
        )
        .await;
    let consent = browser.sign_in(&login).await;
    secrets.push(Form::of(consent.text()).input("csrf").to_owned());
    browser
        .press(&consent, &[("csrf", "x")], Some("allow"))
        .await;
    let another = browser.open(&ask.url()).await;
    browser.press(&another, &[], Some("deny")).await;
    let code = crate::support::Code {
        code: browser.allow(&consent).await.code(SPA.redirect_uri),
        verifier: ask.verifier.expose().to_owned(),
        redirect_uri: SPA.redirect_uri.to_owned(),
    };
    secrets.extend(browser.cookies.values().cloned());
    secrets.extend([code.code.clone(), code.verifier.clone()]);
    let wrong = crate::support::Code {
        verifier: "w".repeat(43),
        ..code.clone()
    };
    fixture.redeem(SPA, &wrong).await;
    let first = Tokens::of(&fixture.redeem(SPA, &code).await);
    let second = Tokens::of(&fixture.refresh(SPA, &first.refresh).await);
    fixture.refresh(SPA, &first.refresh).await;
    fixture.introspect(API, &second.access).await;
    fixture.redeem(SPA, &code).await;
    let third = fixture.tokens(SPA).await;
    let fourth = Tokens::of(&fixture.refresh(SPA, &third.refresh).await);
    fixture.clock.advance(60);
    fixture.refresh(SPA, &third.refresh).await;
    fixture.revoke(SPA, &fourth.refresh).await;
    fixture.revoke(SPA, &fourth.access).await;
    for tokens in [&first, &second, &third, &fourth] {
        secrets.extend([tokens.access.clone(), tokens.refresh.clone()]);
    }
    for who in [APP, API, MACHINE] {
        secrets.push(who.secret.unwrap().to_owned());
    }
    let guess = Who {
        secret: Some("a guessed secret"),
        ..APP
    };
    fixture.refresh(guess, &first.refresh).await;
    fixture
        .token(MACHINE, &[("grant_type", "client_credentials")])
        .await;
    secrets.push("a guessed secret".to_owned());
    fixture
        .get(&Ask::new(APP).with("scope", "admin").url())
        .await;
    fixture.clock.advance(1);
    fixture.store.set(Fault::Down);
    fixture.get(&Ask::new(APP).url()).await;
    fixture
        .send(client_request(
            "/token",
            MACHINE,
            &[("grant_type", "client_credentials")],
        ))
        .await;
    fixture.refresh(SPA, &fourth.refresh).await;
    browser.allow(&consent).await;
    fixture.store.set(Fault::None);
    secrets
}

fn assert_none(text: &str, secrets: &[String], place: &str) {
    for secret in secrets {
        assert!(!text.contains(secret.as_str()), "{secret:?} in {place}");
        // Nor the part that is secret without its prefix, nor a JWT without its signature.
        let part = secret.split('.').nth(1).unwrap_or(secret);
        let part = part.get(part.len().saturating_sub(30)..).unwrap_or(part);
        assert!(
            part.len() < 10 || !text.contains(part),
            "{part:?} of {secret:?} in {place}"
        );
    }
}

#[tokio::test]
async fn no_secret_is_logged_printed_or_kept() {
    for kind in [AccessTokens::Opaque, AccessTokens::Jwt(Algorithm::Es256)] {
        let log = Log::default();
        let guard = log.begin();
        let fixture = Fixture::with(|config| config.access_tokens = kind).await;
        let secrets = everything(&fixture).await;
        drop(guard);
        assert!(secrets.len() > 18);

        let logged = log.text();
        for audited in [
            "grantor::audit",
            "login failed",
            "code replayed",
            "refresh token reused",
            "the store is down",
        ] {
            assert!(logged.contains(audited), "{audited:?} is not logged");
        }
        assert_none(&logged, &secrets, "the log");
        assert!(!logged.contains(STATE), "the client's state is its own");

        let printed = format!(
            "{:?} {:#?} {:?} {:?}",
            fixture.server, fixture.server, fixture.clients, fixture.accounts
        );
        assert_none(&printed, &secrets, "debug output");
        assert!(!printed.contains("Generated(") && !printed.contains("Chosen("));

        let everything = fixture.stores.namespace().prefix(*b"xx").as_bytes()[..8].to_vec();
        let everything = grantor_store::Key::from_bytes(&everything).unwrap();
        let listing: &dyn Listing = grantor_store::Store::listing(&*fixture.store).unwrap();
        let records = listing.list(&everything, None, 10_000).await.unwrap();
        assert!(records.len() > 10);
        for (key, entry) in records {
            let text = String::from_utf8_lossy(&entry.value).into_owned();
            assert_none(&text, &secrets, &format!("the record {key:?}"));
        }
    }
}

#[tokio::test]
async fn no_secret_comes_back_in_an_error() {
    let fixture = Fixture::new().await;
    let code = fixture.code(APP).await;
    let guess = Who {
        secret: Some("a guessed secret"),
        ..APP
    };
    let other = crate::support::Code {
        verifier: "w".repeat(43),
        ..code.clone()
    };
    for (reply, secret) in [
        (fixture.redeem(guess, &code).await, "a guessed secret"),
        (fixture.redeem(APP, &other).await, &*other.verifier),
        (fixture.redeem(SPA, &code).await, &*code.code),
        (fixture.refresh(APP, "gr_something").await, "gr_something"),
        (
            fixture
                .revoke(OTHER, &fixture.tokens(APP).await.access)
                .await,
            "ga_",
        ),
    ] {
        assert!(reply.status.is_client_error());
        assert!(!reply.text().contains(secret), "{reply:?}");
    }
}
