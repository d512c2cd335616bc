//! Sign in with OpenID Connect, a session, sign out: an application on axum, in 60 lines of code.
//!
//! ```console
//! $ ISSUER=https://id.example.com CLIENT_ID=app CLIENT_SECRET=... cargo run --example sign_in_axum
//! ```

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Router, routing::get};
use grantor::client::{CodeFlow, PendingAuthorization, SignedIn, Tokens};

/// A browser on its way to the provider, or a user who has signed in.
enum Session {
    Pending(PendingAuthorization),
    User(SignedIn),
}

/// Sessions in memory; most applications keep them in their database.
type Sessions = Arc<Mutex<HashMap<String, Session>>>;
type App = State<(CodeFlow, Sessions)>;

/// Keeps a session under a new key, which goes into a cookie, and sends the browser on.
fn begin(sessions: &Sessions, session: Session, to: &str) -> Response {
    let key = grantor::http::system().random_text::<32>();
    let cookie = format!("session={key}; Path=/; HttpOnly; Secure; SameSite=Lax");
    let mut sessions = sessions.lock().unwrap_or_else(PoisonError::into_inner);
    sessions.insert(key, session);
    ([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response()
}

/// Takes the session of a request out.
fn end(sessions: &Sessions, headers: &HeaderMap) -> Option<Session> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?.split("; ");
    let mut keys = cookies.filter_map(|cookie| cookie.strip_prefix("session="));
    let mut sessions = sessions.lock().unwrap_or_else(PoisonError::into_inner);
    keys.find_map(|key| sessions.remove(key))
}

pub(crate) fn app(flow: CodeFlow) -> Router {
    Router::new()
        .route("/login", get(login))
        .route("/callback", get(callback))
        .route("/logout", get(logout))
        .with_state((flow, Sessions::default()))
}

async fn login(State((flow, all)): App) -> Result<Response, String> {
    let started = flow.start().await.map_err(|error| error.to_string())?;
    let session = Session::Pending(started.pending);
    Ok(begin(&all, session, started.url.as_str()))
}

async fn callback(
    State((flow, all)): App,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, String> {
    let Some(Session::Pending(pending)) = end(&all, &headers) else {
        return Err("no sign-in has begun in this browser: go to /login".to_owned());
    };
    let signed_in = flow.finish(pending, &query.unwrap_or_default()).await;
    let session = Session::User(signed_in.map_err(|error| error.to_string())?);
    Ok(begin(&all, session, "/"))
}

async fn logout(State((flow, all)): App, headers: HeaderMap) -> Result<Redirect, String> {
    let Some(Session::User(user)) = end(&all, &headers) else {
        return Ok(Redirect::to("/"));
    };
    let url = flow.end_session_url(user.end_session_request()).await;
    let url = url.map_err(|error| error.to_string())?;
    Ok(Redirect::to(url.as_ref().map_or("/", |url| url.as_str())))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let flow = Tokens::login(std::env::var("ISSUER")?, std::env::var("CLIENT_ID")?)
        .client_secret(std::env::var("CLIENT_SECRET")?)
        .scope("openid profile")
        .code_flow("http://127.0.0.1:3000/callback")?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app(flow)).await?)
}
