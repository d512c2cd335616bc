//! Sign in with OpenID Connect, a session, sign out: an application on axum.
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
use grantor::client::openid::EndSessionRequest;
use grantor::client::{CodeFlow, Error, PendingAuthorization, SignedIn, Tokens};

/// A browser on its way to the provider, or a user who has signed in.
enum Session {
    Pending(PendingAuthorization),
    User(SignedIn),
}

/// Sessions in memory; most applications keep them in their database.
#[derive(Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<HashMap<String, Session>>>);

impl Sessions {
    /// Keeps a session under a new key, which goes into a cookie, and sends the browser on.
    fn begin(&self, session: Session, to: &str) -> Response {
        let key = grantor::http::system().random_text::<32>();
        let cookie = format!("session={key}; Path=/; HttpOnly; Secure; SameSite=Lax");
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.insert(key, session);
        ([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response()
    }

    /// Takes the session of a request out.
    fn end(&self, headers: &HeaderMap) -> Option<Session> {
        let cookies = headers.get(header::COOKIE)?.to_str().ok()?.split("; ");
        let mut keys = cookies.filter_map(|cookie| cookie.strip_prefix("session="));
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.find_map(|key| sessions.remove(key))
    }
}

type App = State<(CodeFlow, Sessions)>;

pub(crate) fn app(flow: CodeFlow) -> Router {
    Router::new()
        .route("/login", get(login))
        .route("/callback", get(callback))
        .route("/logout", get(logout))
        .with_state((flow, Sessions::default()))
}

async fn login(State((flow, sessions)): App) -> Result<Response, String> {
    let started = flow.start().await.map_err(|error| failed(&error))?;
    Ok(sessions.begin(Session::Pending(started.pending), started.url.as_str()))
}

async fn callback(
    State((flow, sessions)): App,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, String> {
    let Some(Session::Pending(pending)) = sessions.end(&headers) else {
        return Err("no sign-in has begun in this browser: go to /login".to_owned());
    };
    let signed_in = flow.finish(pending, &query.unwrap_or_default()).await;
    Ok(sessions.begin(
        Session::User(signed_in.map_err(|error| failed(&error))?),
        "/",
    ))
}

async fn logout(State((flow, sessions)): App, headers: HeaderMap) -> Result<Response, String> {
    let Some(Session::User(user)) = sessions.end(&headers) else {
        return Ok(Redirect::to("/").into_response());
    };
    let id_token = user.extra.get("id_token").and_then(|token| token.as_str());
    let request = EndSessionRequest {
        id_token_hint: id_token.map(Into::into),
        ..EndSessionRequest::default()
    };
    let url = flow
        .end_session_url(request)
        .await
        .map_err(|error| failed(&error))?;
    Ok(Redirect::to(url.as_ref().map_or("/", |url| url.as_str())).into_response())
}

fn failed(error: &Error) -> String {
    format!("the sign-in failed: {error}")
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
