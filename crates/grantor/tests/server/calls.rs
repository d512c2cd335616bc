//! Requests to a router, without a socket.

use axum::Router;
use axum::body::Body;
use grantor::core::Params;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    #[track_caller]
    pub(crate) fn member(&self, name: &str) -> String {
        let member = &self.json()[name];
        member
            .as_str()
            .unwrap_or_else(|| panic!("{self:?}"))
            .to_owned()
    }

    pub(crate) fn location(&self) -> String {
        let location = self.headers.get(header::LOCATION);
        location.unwrap().to_str().unwrap().to_owned()
    }
}

pub(crate) async fn send(app: &Router, request: Request<Body>) -> Answer {
    let answer = app.clone().oneshot(request).await.unwrap();
    let (head, body) = answer.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: head.status,
        headers: head.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    let mut params = Params::new();
    for (name, value) in pairs {
        params.push(*name, *value);
    }
    params.to_form()
}

/// A form that a client sends, with its secret in it.
pub(crate) async fn post(
    app: &Router,
    path: &str,
    (id, secret): (&str, &str),
    pairs: &[(&str, &str)],
) -> Answer {
    let client = [("client_id", id), ("client_secret", secret)];
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form(&[&client[..], pairs].concat())));
    send(app, request.unwrap()).await
}

/// A call of an API.
pub(crate) async fn get(app: &Router, path: &str, token: Option<&str>) -> Answer {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    send(app, request.body(Body::empty()).unwrap()).await
}
