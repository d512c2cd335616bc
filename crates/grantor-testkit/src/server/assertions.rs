//! Verification of JWT assertions (RFC 7523).

use grantor_core::{Clock, Timestamp};

use super::route::origin;
use super::{Endpoint, FakeServer};

/// Assertions of a test. Each one panics with the requests that came in instead.
impl FakeServer {
    /// No token request came in, since the start or [`forget_history`](Self::forget_history).
    ///
    /// ```should_panic
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use grantor_core::{ClientAuthentication, GrantParameters, TokenRequest};
    /// # use grantor_http::Transport;
    /// let server = grantor_testkit::FakeServer::new("https://idp.example");
    /// server.assert_no_token_requests();
    /// let request = TokenRequest::new(GrantParameters::ClientCredentials);
    /// let client = ClientAuthentication::None { client_id: "app".into() };
    /// server.send(request.to_request(&server.token_endpoint(), &client)).await.unwrap();
    /// server.assert_no_token_requests();
    /// # });
    /// ```
    ///
    /// # Panics
    /// One came in.
    #[track_caller]
    pub fn assert_no_token_requests(&self) {
        self.assert_token_requests(0);
    }

    /// Just so many token requests came in, since the start or
    /// [`forget_history`](Self::forget_history).
    ///
    /// # Panics
    /// It were more or fewer.
    #[track_caller]
    pub fn assert_token_requests(&self, expected: usize) {
        let requests = self.requests(Endpoint::Token);
        let found = requests.len();
        assert!(
            found == expected,
            "expected {expected} token requests, and {found} came in: {requests:#?}"
        );
    }

    /// No spent refresh token was presented again.
    ///
    /// # Panics
    /// One was.
    #[track_caller]
    pub fn assert_no_refresh_token_was_reused(&self) {
        let reuses = self.reuses();
        assert!(
            reuses == 0,
            "a spent refresh token was presented again, {reuses} times"
        );
    }

    /// Access tokens went to these origins only, as far as the server saw the calls.
    ///
    /// # Panics
    /// One went elsewhere.
    #[track_caller]
    pub fn assert_tokens_went_only_to(&self, origins: &[&str]) {
        let calls = self.requests(Endpoint::Api);
        let with_token = calls.iter().filter(|call| call.access_token().is_some());
        let strays: Vec<String> = with_token
            .map(|call| origin(call.request().uri()))
            .filter(|origin| !origins.contains(&&**origin))
            .collect();
        assert!(strays.is_empty(), "access tokens went to {strays:?}");
    }

    /// Moves the server's clock to where the last access token that it gave has just ended, and says
    /// what time it is then. Nothing happens if that token has no end, or ended already.
    ///
    /// # Panics
    /// The server has no clock, or gave no token yet.
    #[expect(clippy::expect_used, reason = "the documentation says so")]
    pub fn expire_last_token(&self) -> Timestamp {
        let state = self.lock();
        let clock = state.clock.clone().expect("a server with a clock");
        let known = state.last_access_token.as_ref();
        let end = known.expect("a token was given").expires_at;
        drop(state);
        let left = end.map(|end| end.saturating_sub(clock.elapsed()));
        clock.advance(left.unwrap_or_default());
        clock.now()
    }
}
