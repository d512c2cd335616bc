//! Sites of an application, the careless and the malicious among them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use grantor_core::{BoxFuture, ErrorResponse, Timestamp};
use grantor_server::{
    Allowed, Config, Decision, Error, Interaction, Login, Page, Registration, SignIn, Site,
    SiteError,
};
use grantor_store::{Applied, MemoryStore};
use http::{StatusCode, header};
use serde_json::json;

use crate::support::{APP, Ask, Browser, Fixture, Tokens, Who, value};

/// A site in which alice is signed in, and which makes the decisions that the test sets.
#[derive(Debug)]
struct Puppet {
    decide: fn(&Interaction<'_>) -> Decision,
    auth_time: Timestamp,
    signed_in: Arc<AtomicBool>,
}

impl Puppet {
    fn new(decide: fn(&Interaction<'_>) -> Decision) -> Self {
        Self {
            decide,
            auth_time: Timestamp::from_secs(1_790_000_000),
            signed_in: Arc::new(AtomicBool::new(true)),
        }
    }
}

impl Site for Puppet {
    fn login<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
    ) -> BoxFuture<'a, Result<SignIn, SiteError>> {
        Box::pin(async move {
            if !self.signed_in.load(Ordering::SeqCst) {
                let mut url = url::Url::parse("https://login.example/").unwrap();
                url.query_pairs_mut()
                    .append_pair("back", &interaction.return_to());
                return Ok(SignIn::Page(Page::see_other(url.as_str())));
            }
            Ok(SignIn::Is(Login::new("alice", self.auth_time)))
        })
    }

    fn consent<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
        login: &'a Login,
    ) -> BoxFuture<'a, Result<Decision, SiteError>> {
        Box::pin(async move {
            assert_eq!(login.subject, "alice");
            if interaction.client().id == "unlucky" {
                return Err(SiteError::new("the secret database at 10.0.0.1 is down"));
            }
            if interaction.client().id == "unavailable" {
                let down = "the store at 10.0.0.1 is down";
                let error = grantor_store::Error::unavailable(down, Applied::No);
                return Err(Error::from(error).into());
            }
            Ok((self.decide)(interaction))
        })
    }

    fn error(&self, status: StatusCode, error: &ErrorResponse) -> Page {
        Page::html(status, format!("<p>our own words for {}</p>", error.error))
    }
}

/// The page that asks, with the buttons of the built-in one.
fn page(interaction: &Interaction<'_>) -> Decision {
    let form = interaction.form("ask").unwrap();
    let html = format!(
        "<form method=\"post\" action=\"{}\">{}<button name=\"decision\" value=\"allow\"></form>",
        form.action(),
        form.hidden_html(),
    );
    Decision::Page(Page::html(StatusCode::OK, html))
}

fn on_form(interaction: &Interaction<'_>, decision: Decision) -> Decision {
    match interaction.submitted() {
        Some(form) if form.name() == "ask" && form.get("decision") == Some("allow") => decision,
        _ => page(interaction),
    }
}

fn allow(text: &str) -> Decision {
    Decision::Allow(Allowed::new(text.parse().unwrap(), Vec::new()))
}

async fn fixture(site: Puppet) -> Fixture {
    Fixture::on(Arc::new(MemoryStore::new()), |builder| builder.site(site)).await
}

async fn nothing_was_granted(fixture: &Fixture) {
    for kind in [b"gr", b"co"] {
        assert!(fixture.records(*kind).await.is_empty());
    }
}

#[tokio::test]
async fn a_decision_without_a_form_is_refused() {
    let deciders: [fn(&Interaction<'_>) -> Decision; 2] = [
        |interaction| Decision::Allow(interaction.requested()),
        |_| Decision::Deny,
    ];
    for decide in deciders {
        let fixture = fixture(Puppet::new(decide)).await;
        let mut browser = Browser::new(&fixture);
        let reply = browser.open(&Ask::new(APP).url()).await;
        reply.assert_redirected_error(APP.redirect_uri, "server_error");
        nothing_was_granted(&fixture).await;
    }
}

#[tokio::test]
async fn a_forged_form_is_not_shown_to_the_site() {
    let fixture = fixture(Puppet::new(|interaction| {
        on_form(interaction, Decision::Allow(interaction.requested()))
    }))
    .await;
    let mut browser = Browser::new(&fixture);
    let asked = browser.open(&Ask::new(APP).url()).await;
    let page = browser.press(&asked, &[("csrf", "x")], Some("allow")).await;
    assert_eq!(page.status, 200);
    nothing_was_granted(&fixture).await;
    browser
        .press(&asked, &[], Some("allow"))
        .await
        .code(APP.redirect_uri);
}

#[tokio::test]
async fn a_consent_that_nobody_gave_is_not_remembered() {
    let fixture = fixture(Puppet::new(|interaction| {
        if interaction.scope().contains("write") || interaction.requirements().ask_consent {
            return Decision::Remembered;
        }
        on_form(interaction, Decision::Allow(interaction.requested()))
    }))
    .await;
    let mut browser = Browser::new(&fixture);
    let lied = Ask::new(APP).with("scope", "read write");
    let reply = browser.open(&lied.url()).await;
    reply.assert_redirected_error(APP.redirect_uri, "server_error");
    nothing_was_granted(&fixture).await;
    // Neither for less than is asked for, nor when the client wants the user to be asked.
    let asked = browser.open(&Ask::new(APP).url()).await;
    browser
        .press(&asked, &[], Some("allow"))
        .await
        .code(APP.redirect_uri);
    for ask in [lied, Ask::new(APP).with("prompt", "consent")] {
        let reply = browser.open(&ask.url()).await;
        reply.assert_redirected_error(APP.redirect_uri, "server_error");
    }
}

/// Whatever a site remembers: the yes was to a name and an address that may be others now.
#[tokio::test]
async fn a_site_that_remembers_a_client_that_describes_itself_is_refused() {
    let site = Puppet::new(|interaction| {
        if interaction.requirements().login_hint.is_some() {
            assert!(interaction.requirements().ask_consent && !interaction.is_remembered());
            return Decision::Remembered;
        }
        on_form(interaction, Decision::Allow(interaction.requested()))
    });
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        let open = |config: &mut Config| config.registration = Registration::Open;
        builder.site(site).configure(open)
    });
    let fixture = fixture.await;
    let metadata = json!({"redirect_uris": ["https://web.example/cb"]});
    let answer = fixture.register(&metadata).await;
    let who = Who {
        id: answer.member("client_id").leak(),
        secret: Some(answer.member("client_secret").leak()),
        redirect_uri: "https://web.example/cb",
    };
    let mut browser = Browser::new(&fixture);
    let asked = browser.open(&Ask::new(who).url()).await;
    let allowed = browser.press(&asked, &[], Some("allow")).await;
    allowed.code(who.redirect_uri);
    let ask = Ask::new(who).with("login_hint", "again");
    let refused = browser.open(&ask.url()).await;
    assert_eq!(
        (refused.status.as_u16(), refused.header(header::LOCATION)),
        (500, "")
    );
}

#[tokio::test]
async fn nobody_gets_more_than_was_asked_for() {
    let fixture = fixture(Puppet::new(|interaction| {
        on_form(interaction, allow("read write"))
    }))
    .await;
    let mut browser = Browser::new(&fixture);
    let asked = browser.open(&Ask::new(APP).url()).await;
    let reply = browser.press(&asked, &[], Some("allow")).await;
    reply.assert_redirected_error(APP.redirect_uri, "server_error");
    nothing_was_granted(&fixture).await;
}

#[tokio::test]
async fn a_user_may_allow_less() {
    let fixture = fixture(Puppet::new(|interaction| {
        on_form(interaction, allow("read"))
    }))
    .await;
    let ask = Ask::new(APP).with("scope", "read write");
    let mut browser = Browser::new(&fixture);
    let asked = browser.open(&ask.url()).await;
    let done = browser.press(&asked, &[], Some("allow")).await;
    let code = crate::support::Code {
        code: done.code(APP.redirect_uri),
        verifier: ask.verifier.expose().to_owned(),
        redirect_uri: APP.redirect_uri.to_owned(),
    };
    let reply = fixture.redeem(APP, &code).await;
    assert_eq!(reply.assert_ok().member("scope"), "read");
    let refresh = Tokens::of(&reply).refresh;
    let pairs = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &*refresh),
        ("scope", "write"),
    ];
    fixture
        .token(APP, &pairs)
        .await
        .assert_error(400, "invalid_scope");
}

#[tokio::test]
async fn a_user_who_allows_nothing_says_no() {
    let fixture = fixture(Puppet::new(|interaction| on_form(interaction, allow("")))).await;
    let mut browser = Browser::new(&fixture);
    let asked = browser.open(&Ask::new(APP).url()).await;
    let reply = browser.press(&asked, &[], Some("allow")).await;
    reply.assert_redirected_error(APP.redirect_uri, "access_denied");
    let (_, entry) = fixture.record(*b"gr").await;
    assert!(String::from_utf8_lossy(&entry.value).contains("denied by the user"));
    assert!(fixture.records(*b"co").await.is_empty());
}

#[tokio::test]
async fn a_login_older_than_was_asked_for_is_refused() {
    let fixture = fixture(Puppet::new(page)).await;
    fixture.clock.advance(10);
    let mut browser = Browser::new(&fixture);
    for (name, text) in [("prompt", "login"), ("max_age", "9")] {
        let reply = browser.open(&Ask::new(APP).with(name, text).url()).await;
        let code = "unmet_authentication_requirements";
        reply.assert_redirected_error(APP.redirect_uri, code);
    }
    browser
        .open(&Ask::new(APP).with("max_age", "10").url())
        .await
        .assert_ok();
}

#[tokio::test]
async fn a_site_may_have_pages_of_its_own_and_come_back() {
    let site =
        Puppet::new(|interaction| on_form(interaction, Decision::Allow(interaction.requested())));
    let signed_in = Arc::clone(&site.signed_in);
    signed_in.store(false, Ordering::SeqCst);
    let fixture = fixture(site).await;
    let mut browser = Browser::new(&fixture);
    let away = browser.open(&Ask::new(APP).url()).await;
    assert_eq!(away.status, 303);
    assert_eq!(away.header(header::REFERRER_POLICY), "no-referrer");
    let url = url::Url::parse(away.header(header::LOCATION)).unwrap();
    assert_eq!(url.host_str(), Some("login.example"));
    let back = url.query_pairs().next().unwrap().1.into_owned();
    signed_in.store(true, Ordering::SeqCst);
    let asked = browser.open(&back).await;
    browser
        .press(&asked, &[], Some("allow"))
        .await
        .code(APP.redirect_uri);
    // Without a page to show, there is nowhere to send the user.
    signed_in.store(false, Ordering::SeqCst);
    let none = browser
        .open(&Ask::new(APP).with("prompt", "none").url())
        .await;
    none.assert_redirected_error(APP.redirect_uri, "login_required");
}

#[tokio::test]
async fn a_site_that_fails_tells_nobody_why() {
    let fixture = fixture(Puppet::new(page)).await;
    for (id, error, description) in [
        ("unlucky", "server_error", "the server failed"),
        // The client may try again.
        (
            "unavailable",
            "temporarily_unavailable",
            "the server can't answer now; try again",
        ),
    ] {
        let who = Who { id, ..APP };
        let client = crate::support::with_codes(who);
        fixture.clients.add(client).await.unwrap();
        let reply = Browser::new(&fixture).open(&Ask::new(who).url()).await;
        reply.assert_redirected_error(APP.redirect_uri, error);
        let pairs = reply.callback(APP.redirect_uri);
        assert_eq!(value(&pairs, "error_description"), Some(description));
    }
}

#[tokio::test]
async fn error_pages_may_be_its_own_and_are_armed_all_the_same() {
    let fixture = fixture(Puppet::new(page)).await;
    let reply = fixture.get("/authorize").await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.text(), "<p>our own words for invalid_request</p>");
    assert_eq!(reply.header(header::X_FRAME_OPTIONS), "DENY");
}

#[tokio::test]
async fn an_interaction_shows_no_secret_when_it_is_printed() {
    let fixture = fixture(Puppet::new(|interaction| {
        let printed = format!("{interaction:?}");
        assert!(printed.contains("app"));
        let form = interaction.form("ask").unwrap();
        for (_, secret) in form.hidden() {
            for printed in [&printed, &format!("{form:?}")] {
                assert!(!printed.contains(secret), "{printed}");
            }
        }
        assert!(!printed.contains("a cookie's worth"), "{printed}");
        let Decision::Page(page) = page(interaction) else {
            panic!("no page");
        };
        assert!(!format!("{page:?}").contains("csrf"));
        Decision::Page(page)
    }))
    .await;
    let mut browser = Browser::new(&fixture);
    browser
        .cookies
        .insert("own".to_owned(), "a cookie's worth".to_owned());
    browser.open(&Ask::new(APP).url()).await.assert_ok();
}

#[tokio::test]
async fn a_form_that_the_site_does_not_look_at_is_refused() {
    // It shows its page, whatever was sent.
    let fixture = fixture(Puppet::new(page)).await;
    let mut browser = Browser::new(&fixture);
    let asked = browser.open(&Ask::new(APP).url()).await;
    let reply = browser.press(&asked, &[], Some("allow")).await;
    reply.assert_redirected_error(APP.redirect_uri, "invalid_request");
    nothing_was_granted(&fixture).await;
}

#[tokio::test]
async fn the_state_of_a_form_is_bounded() {
    let fixture = fixture(Puppet::new(|interaction| {
        assert!(interaction.form_with_state("ask", &[0; 1024]).is_ok());
        let error = interaction.form_with_state("ask", &[0; 1025]).unwrap_err();
        assert!(error.to_string().contains("over 1 KiB"), "{error}");
        page(interaction)
    }))
    .await;
    let mut browser = Browser::new(&fixture);
    browser.open(&Ask::new(APP).url()).await.assert_ok();
}

/// Answers with a login of an hour ago until it hears that this is not enough.
#[derive(Debug)]
struct Forgetful {
    asked: Arc<AtomicUsize>,
    knows_better: bool,
}

impl Site for Forgetful {
    fn login<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
    ) -> BoxFuture<'a, Result<SignIn, SiteError>> {
        Box::pin(async move {
            let earlier = self.asked.fetch_add(1, Ordering::SeqCst);
            assert_eq!(interaction.is_insufficient(), earlier % 2 == 1);
            let hour = std::time::Duration::from_secs(3600);
            let auth_time = if self.knows_better && interaction.is_insufficient() {
                interaction.now()
            } else {
                interaction.now() - hour
            };
            Ok(SignIn::Is(Login::new("alice", auth_time)))
        })
    }

    fn consent<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
        _: &'a Login,
    ) -> BoxFuture<'a, Result<Decision, SiteError>> {
        Box::pin(async move { Ok(page(interaction)) })
    }
}

#[tokio::test]
async fn a_login_that_is_not_enough_is_asked_for_once_more() {
    for knows_better in [false, true] {
        let asked = Arc::new(AtomicUsize::new(0));
        let site = Forgetful {
            asked: Arc::clone(&asked),
            knows_better,
        };
        let store = Arc::new(MemoryStore::new());
        let fixture = Fixture::on(store, |builder| builder.site(site)).await;
        let url = Ask::new(APP).with("max_age", "60").url();
        let reply = Browser::new(&fixture).open(&url).await;
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        if knows_better {
            reply.assert_ok();
        } else {
            let code = "unmet_authentication_requirements";
            reply.assert_redirected_error(APP.redirect_uri, code);
        }
    }
}
