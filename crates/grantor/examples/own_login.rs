//! An axum application with a login of its own, which its users also have at the authorization server
//! in it.
//!
//! ```sh
//! cargo run -p grantor --all-features --example own_login
//! ```
//!
//! Open the URL that it prints and sign in as `ada` with `correct horse`.

#![expect(clippy::print_stdout, reason = "it tells its user what to open")]

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use grantor::axum::ServerExt;
use grantor::core::{BoxFuture, Params, Secret, Timestamp};
use grantor::http::system;
use grantor::server::{
    self, Cookie, Decision, Interaction, Login, NewClient, Page, Server, SignIn, Site, SiteError,
};
use grantor::site::{Accounts, Passwords};
use grantor::store::{MasterKey, MemoryStore};
use http::{HeaderMap, StatusCode, Uri, header};

/// The application's users and sessions, as it had them before it issued tokens.
#[derive(Debug, Clone)]
struct Users {
    accounts: Arc<Accounts>,
    cookie: Cookie,
    sessions: Arc<Mutex<HashMap<String, Session>>>,
}

#[derive(Debug, Clone)]
struct Session {
    user: String,
    department: &'static str,
    since: Timestamp,
}

impl Users {
    /// Who is signed in, by the application's cookie.
    fn signed_in(&self, headers: &HeaderMap) -> Option<Session> {
        let id = self.cookie.read(headers)?;
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(id).cloned()
    }
}

/// Only to a path of this application, or anybody could send its users elsewhere.
fn is_own_path(next: &str) -> bool {
    next.starts_with('/') && !next.starts_with("//") && !next.contains('\\')
}

/// `GET /login`, a page of the application.
async fn login_page(uri: Uri) -> Response {
    let params = Params::parse(uri.query().unwrap_or_default().as_bytes()).unwrap_or_default();
    let next = params.get("next").filter(|next| is_own_path(next));
    let Some(next) = next else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let next = next.replace('&', "&amp;").replace('"', "&quot;");
    Html(format!(
        "<!doctype html><title>Sign in</title><form method=\"post\">\
         <input name=\"name\"><input name=\"password\" type=\"password\">\
         <input type=\"hidden\" name=\"next\" value=\"{next}\"><button>Sign in</button></form>"
    ))
    .into_response()
}

/// `POST /login`.
async fn sign_in(State(users): State<Users>, body: Bytes) -> Response {
    let params = Params::parse(&body).unwrap_or_default();
    let given = |name| params.get(name).unwrap_or_default();
    let (name, next) = (given("name"), given("next"));
    let password = Secret::new(given("password"));
    let account = users.accounts.verify(name, &password).await;
    let (Ok(Some(_)), true) = (account, is_own_path(next)) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let environment = system();
    let id = environment.random_text::<32>();
    let session = Session {
        user: name.to_owned(),
        department: "engineering",
        since: environment.now(),
    };
    let mut sessions = users
        .sessions
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    sessions.insert(id.clone(), session);
    match users.cookie.set(&id, None) {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Site for Users {
    fn login<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
    ) -> BoxFuture<'a, Result<SignIn, SiteError>> {
        Box::pin(async move {
            let session = self.signed_in(&interaction.request().headers);
            let recent = session.filter(|own| interaction.requirements().is_recent(own.since));
            let Some(session) = recent else {
                // The application's own login, which leads back here.
                let mut next = Params::new();
                next.push("next", interaction.return_to());
                let login = format!("/login?{}", next.to_form());
                return Ok(SignIn::Page(Page::see_other(&login)));
            };
            let login = Login::new(session.user, session.since);
            Ok(SignIn::Is(
                login.with_access_token_claim("department", session.department),
            ))
        })
    }

    fn consent<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
        login: &'a Login,
    ) -> BoxFuture<'a, Result<Decision, SiteError>> {
        Box::pin(async move {
            if let Some(form) = interaction.submitted() {
                return Ok(match form.get("answer") {
                    Some("yes") => Decision::Allow(interaction.requested()),
                    _ => Decision::Deny,
                });
            }
            let form = interaction.form("consent")?;
            let html = format!(
                "<!doctype html><title>Allow?</title><p>{}, allow {} to {}?</p>\
                 <form method=\"post\" action=\"{}\">{}<button name=\"answer\" value=\"yes\">Yes</button>\
                 <button name=\"answer\" value=\"no\">No</button></form>",
                login.subject,
                interaction.client().id,
                interaction.scope(),
                form.action(),
                form.hidden_html()
            );
            Ok(Decision::Page(Page::html(StatusCode::OK, html)))
        })
    }
}

/// The application: its own pages, and the server beside them.
pub(crate) async fn application() -> Result<(axum::Router, Server), Box<dyn StdError>> {
    let key = MasterKey::from_bytes(system().random_bytes());
    let opened = server::open("http://127.0.0.1:3000", MemoryStore::new(), key).await?;
    let accounts = Accounts::open(opened.stores(), Passwords::default())?;
    accounts.add("ada", &Secret::new("correct horse")).await?;
    let users = Users {
        accounts: Arc::new(accounts),
        cookie: Cookie::new("app_session", opened.issuer()),
        sessions: Arc::default(),
    };
    let server = opened.site(users.clone()).build().await?;
    let app = NewClient::public("app")
        .with_grant_types(["authorization_code"])
        .with_scope("read".parse()?)
        .with_redirect_uri("http://127.0.0.1:4000/cb".parse()?);
    if let Some(clients) = server.clients() {
        clients.add(app).await?;
    }
    let own = axum::Router::new()
        .route("/login", get(login_page).post(sign_in))
        .with_state(users);
    Ok((own.merge(server.routes()), server))
}

/// An authorization request of the client.
pub(crate) const REQUEST: &str = "/authorize?response_type=code&client_id=app&state=s&scope=read\
    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let (app, _) = application().await?;
    println!("open http://127.0.0.1:3000{REQUEST}");
    Ok(axum::serve(listener, app).await?)
}
