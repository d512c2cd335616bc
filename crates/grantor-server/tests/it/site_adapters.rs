//! The five answers of python-oauth2's site adapters, and a site for each grant type.

use std::sync::Arc;

use grantor_core::BoxFuture;
use grantor_server::grant_type::{Implicit, Password};
use grantor_server::{
    Decision, Interaction, Login, NewClient, Page, PasswordAnswer, PasswordLogin, Profile, Server,
    ServerBuilder, SignIn, Site, SiteError,
};
use grantor_store::MemoryStore;
use http::{HeaderMap, StatusCode, header};
use serde_json::json;

use crate::support::{Ask, Browser, Fixture, Reply, Tokens, Who, value};

const OLD: Who = Who {
    id: "old",
    secret: Some("the secret of old"),
    redirect_uri: "https://old.example/cb",
};

/// An adapter: who the user is says a header of the application in front, in place of its cookie.
#[derive(Debug)]
struct Adapter {
    name: &'static str,
}

fn user(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("x-user")?.to_str().ok()?;
    Some(value.to_owned())
}

impl Adapter {
    fn page(&self, interaction: &Interaction<'_>) -> Result<Page, SiteError> {
        let form = interaction.form("confirmation_form")?;
        let html = format!(
            "<p>{} of {}</p><form method=\"post\" action=\"{}\">{}\
             <button name=\"confirm\" value=\"confirm\"><button name=\"deny\" value=\"deny\"></form>",
            self.name,
            interaction.grant_type(),
            form.action(),
            form.hidden_html()
        );
        Ok(Page::html(StatusCode::OK, html))
    }
}

impl Site for Adapter {
    fn login<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
    ) -> BoxFuture<'a, Result<SignIn, SiteError>> {
        Box::pin(async move {
            // `return {"tenant": "blue"}, user_id`
            let login = user(&interaction.request().headers).map(|id| {
                Login::new(id, interaction.now()).with_access_token_claim("tenant", "blue")
            });
            Ok(match login {
                Some(login) => SignIn::Is(login),
                // `raise UserNotAuthenticated`, and `render_auth_page`, whatever was pressed
                None => {
                    let _ = interaction.submitted();
                    SignIn::Page(self.page(interaction)?)
                }
            })
        })
    }

    fn consent<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
        _: &'a Login,
    ) -> BoxFuture<'a, Result<Decision, SiteError>> {
        Box::pin(async move {
            let form = interaction.submitted();
            let pressed = |name| form.is_some_and(|form| form.get(name) == Some(name));
            Ok(match (pressed("confirm"), pressed("deny")) {
                // `authenticate` returns
                (true, _) => Decision::Allow(interaction.requested()),
                // `user_has_denied_access` returns True
                (_, true) => Decision::Deny,
                _ => Decision::Page(self.page(interaction)?),
            })
        })
    }

    fn password<'a>(
        &'a self,
        login: &'a PasswordLogin<'a>,
    ) -> BoxFuture<'a, Result<PasswordAnswer, SiteError>> {
        let right = login.name() == "foo" && login.password().expose() == "bar";
        let answer = match right {
            true => PasswordAnswer::Right(
                Login::new("123", grantor_core::Timestamp::from_secs(1_790_000_000))
                    .with_access_token_claim("adapter", self.name),
            ),
            false => PasswordAnswer::Wrong,
        };
        Box::pin(std::future::ready(Ok(answer)))
    }
}

fn legacy(builder: ServerBuilder) -> ServerBuilder {
    builder
        .grant_type(Password)
        .grant_type(Implicit)
        .configure(|config| config.profile = Profile::Legacy20)
}

async fn fixture(finish: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Fixture {
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        finish(legacy(builder))
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
        .with_scope("read".parse().unwrap())
        .with_redirect_uri(OLD.redirect_uri.parse().unwrap())
        .with_secret(OLD.secret.unwrap());
    fixture.clients.add(old).await.unwrap();
    fixture
}

async fn password(fixture: &Fixture, password: &str) -> Reply {
    let ask = [
        ("grant_type", "password"),
        ("username", "foo"),
        ("password", password),
    ];
    fixture.token(OLD, &ask).await
}

fn ask(response_type: &str) -> String {
    let ask = Ask::new(OLD).with("response_type", response_type);
    let ask = ask.without("code_challenge");
    ask.without("code_challenge_method").url()
}

async fn with_user(browser: &mut Browser<'_>, url: &str) -> Reply {
    browser.headers = vec![("x-user", "123")];
    let page = browser.open(url).await;
    assert_eq!(page.status, 200, "{page:?}");
    page
}

#[tokio::test]
async fn authenticated_with_a_user_and_further_data() {
    let fixture = fixture(|builder| builder.site(Adapter { name: "all" })).await;
    let mut browser = Browser::new(&fixture);
    let page = with_user(&mut browser, &ask("code")).await;
    assert!(page.text().contains("all of authorization_code"));
    let done = browser.press(&page, &[], Some("confirm")).await;
    let code = done.code(OLD.redirect_uri);
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", OLD.redirect_uri),
    ];
    let tokens = Tokens::of(&fixture.token(OLD, &redeem).await);
    let seen = fixture.introspect(OLD, &tokens.access).await;
    assert_eq!(
        (&seen["sub"], &seen["tenant"]),
        (&json!("123"), &json!("blue"))
    );
    let again = fixture.refresh(OLD, &tokens.refresh).await;
    let seen = fixture.introspect(OLD, &again.member("access_token")).await;
    assert_eq!(seen["tenant"], "blue");
}

#[tokio::test]
async fn not_authenticated_is_a_page_and_grants_nothing() {
    let fixture = fixture(|builder| builder.site(Adapter { name: "all" })).await;
    let mut browser = Browser::new(&fixture);
    let page = browser.open(&ask("code")).await;
    assert_eq!(page.status, 200);
    // Whatever is pressed there: nobody is signed in.
    for button in ["confirm", "deny"] {
        let reply = browser.press(&page, &[], Some(button)).await;
        assert!(!reply.headers.contains_key(header::LOCATION), "{reply:?}");
    }
    assert!(fixture.records(*b"gr").await.is_empty());
}

#[tokio::test]
async fn denied_goes_to_the_client() {
    let fixture = fixture(|builder| builder.site(Adapter { name: "all" })).await;
    let mut browser = Browser::new(&fixture);
    let page = with_user(&mut browser, &ask("code")).await;
    let reply = browser.press(&page, &[], Some("deny")).await;
    reply.assert_redirected_error(OLD.redirect_uri, "access_denied");
}

#[tokio::test]
async fn a_page_is_an_answer_as_a_whole() {
    let fixture = fixture(|builder| builder.site(Adapter { name: "all" })).await;
    let mut browser = Browser::new(&fixture);
    let page = with_user(&mut browser, &ask("token")).await;
    assert!(page.text().contains("all of implicit"));
    let done = browser.press(&page, &[], Some("confirm")).await;
    let location = done.header(header::LOCATION);
    let (_, fragment) = location.split_once('#').unwrap();
    let pairs: Vec<_> = url::form_urlencoded::parse(fragment.as_bytes())
        .into_owned()
        .collect();
    let token = value(&pairs, "access_token").unwrap();
    let seen = fixture.introspect(OLD, token).await;
    assert_eq!(seen["tenant"], "blue");
}

#[tokio::test]
async fn a_password_is_right_or_wrong() {
    let fixture = fixture(|builder| builder.site(Adapter { name: "all" })).await;
    let right = password(&fixture, "bar").await;
    let token = right.assert_ok().member("access_token");
    assert_eq!(fixture.introspect(OLD, &token).await["sub"], "123");
    let wrong = password(&fixture, "foo").await;
    wrong.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn each_grant_type_may_have_a_site_of_its_own() {
    let fixture = fixture(|builder| {
        builder
            .site(Adapter { name: "others" })
            .site_for_grant_type("implicit", Adapter { name: "tokens" })
            .site_for_grant_type("password", Adapter { name: "passwords" })
    })
    .await;
    let mut browser = Browser::new(&fixture);
    for (response_type, told) in [
        ("code", "others of authorization_code"),
        ("token", "tokens of implicit"),
    ] {
        let page = with_user(&mut browser, &ask(response_type)).await;
        assert!(page.text().contains(told), "{page:?}");
        browser.press(&page, &[], Some("confirm")).await;
    }
    let token = password(&fixture, "bar").await.member("access_token");
    let seen = fixture.introspect(OLD, &token).await;
    assert_eq!(seen["adapter"], "passwords");
}

#[tokio::test]
async fn a_site_for_each_grant_type_that_needs_one_is_enough() {
    let base = Fixture::new().await;
    let build = |finish: fn(ServerBuilder) -> ServerBuilder| {
        let issuer = base.server.issuer().clone();
        finish(legacy(Server::builder(issuer, base.stores.clone()))).build()
    };
    build(|builder| {
        builder
            .site_for_grant_type("authorization_code", Adapter { name: "a" })
            .site_for_grant_type("implicit", Adapter { name: "b" })
            .site_for_grant_type("password", Adapter { name: "c" })
    })
    .await
    .unwrap();
    let told = build(|builder| {
        builder
            .site_for_grant_type("authorization_code", Adapter { name: "a" })
            .site_for_grant_type("device", Adapter { name: "d" })
    })
    .await
    .unwrap_err()
    .to_string();
    for problem in [
        "the grant type implicit needs a site",
        "the grant type password needs a site",
        "a site for the grant type device, which the server does not have",
    ] {
        assert!(told.contains(problem), "{problem}: {told}");
    }
    assert!(!told.contains("authorization_code needs"), "{told}");
}
