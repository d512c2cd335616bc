//! Pages of the site's own: an account page with a form.

use std::sync::{Arc, Mutex};

use grantor_core::{BoxFuture, ErrorCode};
use grantor_server::{
    Decision, EventKind, Interaction, Login, Page, PageCall, Server, SignIn, Site, SiteError,
};
use grantor_store::MemoryStore;
use http::{Request, StatusCode, header};

use crate::support::{Browser, Fixture, Reply, form_request};

const PATHS: &[&str] = &["/account", "/other", "/careless"];

/// Users give themselves a name at `/account`.
#[derive(Debug)]
struct AccountPages {
    paths: &'static [&'static str],
    name: Mutex<String>,
}

impl AccountPages {
    fn new(paths: &'static [&'static str]) -> Self {
        Self {
            paths,
            name: Mutex::default(),
        }
    }

    fn show(&self, call: &PageCall<'_>) -> Result<Page, SiteError> {
        let form = call.form_with_state("rename", b"ada")?;
        assert_eq!(form.hidden().len(), 1);
        let (action, hidden) = (form.action(), form.hidden_html());
        let name = self.name.lock().unwrap();
        let language = call.query("lang").unwrap_or("en");
        let status = if call.csrf_mismatch() {
            StatusCode::FORBIDDEN
        } else {
            StatusCode::OK
        };
        let html = format!(
            "<p lang=\"{language}\">name: {name}</p><form method=\"post\" action=\"{action}\">{hidden}\
             <input name=\"name\" value=\"\"><button name=\"b\" value=\"save\"></form>"
        );
        Ok(Page::html(status, html))
    }
}

impl Site for AccountPages {
    fn login<'a>(&'a self, _: &'a Interaction<'a>) -> BoxFuture<'a, Result<SignIn, SiteError>> {
        Box::pin(async { Ok(SignIn::Refused(ErrorCode::AccessDenied)) })
    }

    fn consent<'a>(
        &'a self,
        _: &'a Interaction<'a>,
        _: &'a Login,
    ) -> BoxFuture<'a, Result<Decision, SiteError>> {
        Box::pin(async { Ok(Decision::Deny) })
    }

    fn paths(&self) -> &[&str] {
        self.paths
    }

    fn page<'a>(
        &'a self,
        call: &'a PageCall<'a>,
    ) -> BoxFuture<'a, Result<Option<Page>, SiteError>> {
        Box::pin(async move {
            if call.path() == "/careless" {
                return Ok(Some(self.show(call)?));
            }
            if call.query("gone").is_some() {
                return Ok(None);
            }
            if let Some(form) = call.submitted().filter(|form| form.name() == "rename") {
                assert_eq!(form.state(), b"ada");
                *self.name.lock().unwrap() = form.get("name").unwrap_or_default().to_owned();
            }
            Ok(Some(self.show(call)?))
        })
    }
}

async fn fixture() -> Fixture {
    let store = Arc::new(MemoryStore::new());
    Fixture::on(store, |builder| builder.site(AccountPages::new(PATHS))).await
}

#[tokio::test]
async fn a_form_of_it_comes_back_to_it() {
    let fixture = fixture().await;
    let mut browser = Browser::new(&fixture);
    let page = browser.open("/account?lang=de").await;
    assert!(page.assert_ok().text().contains("lang=\"de\""));
    assert!(page.headers.contains_key(header::CONTENT_SECURITY_POLICY));
    let saved = browser
        .press(&page, &[("name", "countess")], Some("save"))
        .await;
    assert!(saved.assert_ok().text().contains("name: countess"));
    let paths = fixture.server.paths();
    assert!(PATHS.iter().all(|path| paths.iter().any(|own| own == path)));
    let gone = browser.open("/account?gone=1").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_form_of_another_browser_or_page_changes_nothing() {
    let fixture = fixture().await;
    let (mut ours, mut theirs) = (Browser::new(&fixture), Browser::new(&fixture));
    let page = theirs.open("/account").await;
    let elsewhere = ours.open("/other").await;
    ours.open("/account").await.assert_ok();
    for shown in [page, elsewhere] {
        let form = crate::support::Form::of(shown.text());
        let mut pairs = form.inputs;
        pairs.push(("name".to_owned(), "mallory".to_owned()));
        let refused = ours.post("/account", &pairs).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(!refused.text().contains("mallory"));
    }
}

#[tokio::test]
async fn a_form_of_another_site_makes_no_open_page_stale() {
    let fixture = fixture().await;
    let reply = fixture.send(form_request("/account", "name=mallory")).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    assert_eq!(reply.header(header::LOCATION), "/account");
    assert!(!reply.headers.contains_key(header::SET_COOKIE));
}

#[tokio::test]
async fn a_form_that_nobody_looks_at_is_an_error_and_an_event() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let store = Arc::new(MemoryStore::new());
    let fixture = Fixture::on(store, |builder| {
        let builder = builder.site(AccountPages::new(PATHS));
        builder.on_event(move |event| heard.lock().unwrap().push(event.kind))
    })
    .await;
    let mut browser = Browser::new(&fixture);
    let page = browser.open("/careless").await;
    let reply = browser.press(&page, &[], Some("save")).await;
    reply.assert_error_page(400);
    assert!(told.lock().unwrap().contains(&EventKind::FormIgnored));
}

#[tokio::test]
async fn it_lies_below_the_issuer_and_at_no_path_of_an_endpoint() {
    let fixture = fixture().await;
    fixture.forget_issuer().await;
    let build = |issuer: &str, paths: &'static [&'static str]| {
        let issuer = grantor_core::Issuer::parse(issuer).unwrap();
        let builder = Server::builder(issuer, fixture.stores.clone());
        builder.site(AccountPages::new(paths)).build()
    };
    let server = build("https://id.example/tenant", PATHS).await.unwrap();
    let request =
        Request::get("/tenant/account").body(http_body_util::Empty::<bytes::Bytes>::new());
    let reply: Reply = crate::support::send(&server, request.unwrap()).await;
    assert!(
        reply
            .assert_ok()
            .text()
            .contains("action=\"/tenant/account\"")
    );
    for (paths, problem) in [
        (
            &["/token"] as &[&str],
            "two endpoints or pages lie at \"/token\"",
        ),
        (&["account"], "\"account\" must begin with"),
    ] {
        let error = build("https://id.example", paths).await.unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
    }
}
