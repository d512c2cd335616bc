//! A login of an application in two steps, without a state of its own between them.

use std::sync::Arc;

use grantor_core::{BoxFuture, Timestamp};
use grantor_server::{Decision, Form, Interaction, Login, Page, SignIn, Site, SiteError};
use grantor_store::MemoryStore;
use http::{HeaderValue, StatusCode};

use crate::support::{APP, Ask, Browser, Fixture, Reply};

/// A site whose users have a password and a code.
#[derive(Debug)]
struct TwoSteps;

const SIGNED_IN: &str = "signed_in";

fn page(form: &Form, input: &str) -> Page {
    let html = format!(
        "<form method=\"post\" action=\"{}\">{}<input name=\"{input}\" value=\"\">\
         <button name=\"choice\" value=\"yes\"></form>",
        form.action(),
        form.hidden_html(),
    );
    Page::html(StatusCode::OK, html)
}

impl Site for TwoSteps {
    fn login<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
    ) -> BoxFuture<'a, Result<SignIn, SiteError>> {
        Box::pin(async move {
            if let Some(user) = interaction.cookie(SIGNED_IN) {
                let auth_time = Timestamp::from_secs(1_790_000_000);
                return Ok(SignIn::Is(Login::new(user, auth_time)));
            }
            match interaction.submitted() {
                Some(form)
                    if form.name() == "password" && form.get("password") == Some("right") =>
                {
                    let form = interaction.form_with_state("code", b"alice")?;
                    Ok(SignIn::Page(page(&form, "code")))
                }
                Some(form) if form.name() == "code" && form.get("code") == Some("123456") => {
                    let user = String::from_utf8(form.state().to_vec()).map_err(SiteError::new)?;
                    let cookie = HeaderValue::try_from(format!("{SIGNED_IN}={user}; Path=/"));
                    let login = Login::new(user, interaction.now());
                    Ok(SignIn::SignedIn(
                        login,
                        vec![cookie.map_err(SiteError::new)?],
                    ))
                }
                _ => Ok(SignIn::Page(page(
                    &interaction.form("password")?,
                    "password",
                ))),
            }
        })
    }

    fn consent<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
        _: &'a Login,
    ) -> BoxFuture<'a, Result<Decision, SiteError>> {
        Box::pin(async move {
            match interaction.submitted().map(|form| form.get("choice")) {
                Some(Some("yes")) => Ok(Decision::Allow(interaction.requested())),
                _ => Ok(Decision::Page(page(&interaction.form("ask")?, "comment"))),
            }
        })
    }
}

async fn fixture() -> Fixture {
    Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        builder.site(TwoSteps)
    })
    .await
}

fn asks_for(page: &Reply, input: &str) -> bool {
    page.text().contains(&format!("name=\"{input}\""))
}

#[tokio::test]
async fn both_steps_sign_in_and_neither_alone() {
    let fixture = fixture().await;
    let mut browser = Browser::new(&fixture);
    let password = browser.open(&Ask::new(APP).url()).await;
    let again = browser
        .press(&password, &[("password", "wrong")], None)
        .await;
    assert!(asks_for(&again, "password"));
    // A code for the form of the password is none.
    let fill = [("password", "wrong"), ("code", "123456")];
    assert!(asks_for(
        &browser.press(&password, &fill, None).await,
        "password"
    ));
    let code = browser
        .press(&password, &[("password", "right")], None)
        .await;
    assert!(asks_for(&code, "code"));
    let wrong = browser.press(&code, &[("code", "000000")], None).await;
    assert!(asks_for(&wrong, "password"));
    let consent = browser.press(&code, &[("code", "123456")], None).await;
    assert!(asks_for(&consent, "comment"));
    browser
        .press(&consent, &[], Some("yes"))
        .await
        .code(APP.redirect_uri);
    let (_, grant) = fixture.record(*b"gr").await;
    assert!(String::from_utf8_lossy(&grant.value).contains("\"subject\":\"alice\""));
}

#[tokio::test]
async fn the_second_step_is_that_browsers_and_that_requests() {
    let fixture = fixture().await;
    let mut browser = Browser::new(&fixture);
    let password = browser.open(&Ask::new(APP).url()).await;
    let code = browser
        .press(&password, &[("password", "right")], None)
        .await;
    let mut other = Browser::new(&fixture);
    let own = other.open(&Ask::new(APP).url()).await;
    let page = other.press(&code, &[("code", "123456")], None).await;
    assert!(asks_for(&page, "password"));
    assert!(!other.cookies.contains_key(SIGNED_IN));
    // Nor does its token fit another request of the same browser.
    let csrf = crate::support::Form::of(code.text())
        .input("csrf")
        .to_owned();
    let fill = [("csrf", &*csrf), ("code", "123456")];
    let mixed = browser.open(&Ask::new(APP).url()).await;
    for page in [&own, &mixed] {
        let page = browser.press(page, &fill, None).await;
        assert!(asks_for(&page, "password"));
    }
    assert!(!browser.cookies.contains_key(SIGNED_IN));
}
