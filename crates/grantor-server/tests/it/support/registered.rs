use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::Full;
use serde_json::{Value, json};

use super::{Fixture, Reply, Who};

/// A request with JSON, and a bearer token.
pub(crate) fn json_request(
    method: Method,
    path: &str,
    token: Option<&str>,
    body: &Value,
) -> Request<Full<Bytes>> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    request
        .body(Full::new(Bytes::from(body.to_string())))
        .unwrap()
}

/// The metadata of an application on the user's device.
pub(crate) fn native() -> Value {
    json!({
        "client_name": "An Agent",
        "redirect_uris": ["http://127.0.0.1/cb"],
        "application_type": "native",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    })
}

impl Fixture {
    pub(crate) async fn register(&self, metadata: &Value) -> Reply {
        self.send(json_request(Method::POST, "/register", None, metadata))
            .await
    }

    /// A public client that has registered itself.
    pub(crate) async fn registered(&self) -> (Who, Value) {
        let answer = self.register(&native()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let who = Who {
            id: answer.member("client_id").leak(),
            secret: None,
            redirect_uri: "http://127.0.0.1/cb",
        };
        (who, answer.json())
    }
}
