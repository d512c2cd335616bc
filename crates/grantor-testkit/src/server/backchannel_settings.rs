//! Users who are asked without a browser: what they decide, and the notifications of it.

use std::time::Duration;

use bytes::Bytes;
use grantor_core::ErrorCode;
use http::{Request, header};
use serde_json::json;

use super::FakeServer;

/// Users who are asked without a browser (OpenID Connect CIBA Core), by a hint that is their name.
impl FakeServer {
    /// How long a client has to wait between two polls; 5 s at first. None: answers do not say.
    pub fn set_backchannel_interval(&self, interval: Option<Duration>) {
        self.lock().backchannel.interval = interval;
    }

    /// How long a user has, unless the request asks for another time; 2 min at first.
    pub fn set_backchannel_lifetime(&self, lifetime: Duration) {
        self.lock().backchannel.lifetime = lifetime;
    }

    /// The requests (`auth_req_id`) that nobody decided about yet.
    #[must_use]
    pub fn pending_backchannel(&self) -> Vec<String> {
        self.lock().backchannel.pending()
    }

    /// The user allows the request with this `auth_req_id`.
    ///
    /// # Panics
    /// There is none.
    pub fn approve_backchannel(&self, auth_req_id: &str) {
        self.lock().backchannel.decide(auth_req_id, Ok(()));
    }

    /// The user refuses the request with this `auth_req_id`.
    ///
    /// # Panics
    /// There is none.
    pub fn deny_backchannel(&self, auth_req_id: &str) {
        let denied = Err(ErrorCode::AccessDenied);
        self.lock().backchannel.decide(auth_req_id, denied);
    }

    /// The notification that the server sends to the client's endpoint in the mode `ping` (section 10.2).
    ///
    /// # Panics
    /// There is no such request, or it asked for no notification.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the documentation says so")]
    pub fn notification(&self, auth_req_id: &str) -> Request<Bytes> {
        let token = self.lock().backchannel.notification_token(auth_req_id);
        let token = token.expect("a request with a notification token");
        let body = json!({ "auth_req_id": auth_req_id }).to_string();
        Request::post("https://client.example/notifications")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Bytes::from(body))
            .expect("a request")
    }
}
