//! The settings of a test: tokens, clients, grants, the API, devices.

use std::time::Duration;

use bytes::Bytes;
use grantor_core::{ErrorCode, Scope, TokenEndpointAuthMethod};
use grantor_jose::KeySet;
use http::Response;
use serde_json::{Map, Value};

use super::state::Client;
use super::{FakeServer, GrantAnswer, RecordedRequest, Rotation};
use crate::FakeClock;

/// Changes the behaviour from now on.
impl FakeServer {
    /// Its tokens, codes of devices and assertions end by this clock. Without one nothing ends.
    pub fn set_clock(&self, clock: &FakeClock) {
        self.lock().clock = Some(clock.clone());
    }

    /// Tokens live so long, and say so; none: they have no end, and say nothing.
    pub fn set_lifetime(&self, lifetime: Option<Duration>) {
        self.lock().tokens.lifetime = lifetime;
    }

    /// Answers say after how long a client should renew, in `refresh_in`.
    pub fn set_refresh_in(&self, refresh_in: Option<Duration>) {
        self.lock().tokens.refresh_in = refresh_in;
    }

    /// Refresh tokens live so long, counted anew with each rotation, and answers that have one say
    /// so in `refresh_expires_in`; none: they have no end.
    pub fn set_refresh_lifetime(&self, lifetime: Option<Duration>) {
        self.lock().logins.lifetime = lifetime;
    }

    /// Every token comes with this member, in the place of the server's own if it has that name:
    /// `expires_in` as a text, as null, as a fraction.
    pub fn set_extra(&self, name: &str, value: Value) {
        self.lock().tokens.extra.insert(name.to_owned(), value);
    }

    /// No token comes with this member.
    pub fn omit(&self, name: &str) {
        self.lock().tokens.omitted.insert(name.to_owned());
    }

    /// The members of a successful answer of the token endpoint become what `shape` makes of them:
    /// see [`answer`](crate::answer).
    pub fn answer_tokens_with(
        &self,
        shape: impl Fn(&Map<String, Value>) -> Response<Bytes> + Send + Sync + 'static,
    ) {
        self.lock().tokens.shape = Some(std::sync::Arc::new(shape));
    }

    /// Sets the rotation of refresh tokens that are used; [`Rotation::Strict`] at first.
    pub fn set_rotation(&self, rotation: Rotation) {
        self.lock().logins.rotation = rotation;
    }

    /// [`Rotation::Grace`]: a refresh token that was just spent may be presented again, and gives
    /// the same successor, until that is used. Otherwise this ends the login.
    pub fn allow_repeats(&self) {
        self.set_rotation(Rotation::Grace);
    }

    /// Only this client is served, by Basic or in the body, as
    /// [`set_auth_methods`](Self::set_auth_methods) allows.
    pub fn require_client(&self, client_id: &str, client_secret: &str) {
        self.lock().clients.clear();
        self.add_client(client_id, client_secret);
    }

    /// This client is served, and nobody that was not added.
    pub fn add_client(&self, client_id: &str, client_secret: &str) {
        self.lock().clients.push(Client {
            client_id: client_id.to_owned(),
            client_secret: Some(client_secret.to_owned()),
        });
    }

    /// This client without a secret is served, and nobody that was not added.
    pub fn add_public_client(&self, client_id: &str) {
        self.lock().clients.push(Client {
            client_id: client_id.to_owned(),
            client_secret: None,
        });
    }

    /// Clients may authenticate in these ways only, and metadata says so. At first: Basic, in the
    /// body, and not at all.
    pub fn set_auth_methods(&self, methods: &[TokenEndpointAuthMethod]) {
        self.lock().auth_methods = methods.to_vec();
    }

    /// These grant types are served, and metadata says so: others are refused with
    /// `unsupported_grant_type`. At first all that the server knows.
    pub fn set_grant_types(&self, grant_types: &[&str]) {
        self.lock().grant_types = grant_types.iter().map(|&name| name.to_owned()).collect();
    }

    /// Metadata has this member, in the place of the server's own if it has that name; null leaves
    /// it out. The behaviour of the server stays the same.
    pub fn set_metadata_member(&self, name: &str, value: Value) {
        self.lock().metadata.insert(name.to_owned(), value);
    }

    /// Authorization requests have to be pushed (RFC 9126 section 5), and metadata says so.
    pub fn require_pushed_requests(&self) {
        self.lock().requires_pushed = true;
    }

    /// Clients register with this initial access token only (RFC 7591 section 3). At first anybody may.
    pub fn set_initial_access_token(&self, token: &str) {
        self.lock().initial_access_token = Some(token.to_owned());
    }

    /// The client with this identifier, which registered itself, is not known any more: its requests
    /// get `invalid_client`, and users who come for it an error page.
    pub fn forget_client(&self, client_id: &str) {
        if let Some(registered) = self.lock().registered.get_mut(client_id) {
            registered.removed = true;
        }
    }

    /// The metadata of the API as a protected resource (RFC 9728) has this member, in the place of the
    /// server's own if it has that name; null leaves it out. At first it has `resource`, which is the
    /// URL into which the well-known part was inserted, and this server in `authorization_servers`.
    pub fn set_resource_metadata_member(&self, name: &str, value: Value) {
        self.lock().api.metadata.insert(name.to_owned(), value);
    }

    /// Requests of this grant type are answered by a function, in the place of the server's own
    /// answer if it knows the grant. The client was authenticated before.
    ///
    /// ```
    /// use grantor_core::{ErrorCode, ErrorResponse};
    /// use grantor_testkit::{FakeServer, GrantAnswer};
    ///
    /// let server = FakeServer::new("https://idp.example");
    /// server.on_grant("urn:example:magic", |request| {
    ///     if request.parameter("word").as_deref() == Some("please") {
    ///         return GrantAnswer::token();
    ///     }
    ///     GrantAnswer::Refused(ErrorResponse::new(ErrorCode::InvalidGrant, "the magic word"))
    /// });
    /// ```
    pub fn on_grant(
        &self,
        grant_type: &str,
        grant: impl Fn(&RecordedRequest) -> GrantAnswer + Send + Sync + 'static,
    ) {
        let mut state = self.lock();
        if !state.grant_types.iter().any(|known| known == grant_type) {
            state.grant_types.push(grant_type.to_owned());
        }
        let grant = std::sync::Arc::new(grant);
        state.custom.insert(grant_type.to_owned(), grant);
    }

    /// This user is known to the password grant (RFC 6749 section 4.3).
    pub fn add_user(&self, username: &str, password: &str) {
        let mut state = self.lock();
        state.users.insert(username.to_owned(), password.to_owned());
    }

    /// This token, which the server did not issue, is good as subject or actor of a token exchange. The
    /// API does not take it.
    pub fn trust_token(&self, token: &str) {
        self.lock().trusted.insert(token.to_owned());
    }

    /// Assertions (RFC 7523) must be signed with one of these keys, and say `iss`, `sub`, an `aud`
    /// that is the issuer or the token endpoint, and an `exp` to come by the server's clock.
    /// Without this any assertion is good.
    pub fn verify_assertions_with(&self, keys: KeySet) {
        self.lock().assertion_keys = Some(keys);
    }

    /// The API is at these origins: calls elsewhere get 421.
    pub fn set_api_origins(&self, origins: &[&str]) {
        let origins = origins.iter().map(|&origin| origin.to_owned()).collect();
        self.lock().api.origins = Some(origins);
    }

    /// The API takes tokens with this scope only, and answers 403 with `insufficient_scope`
    /// to others (RFC 6750 section 3.1).
    ///
    /// # Panics
    /// The text is not a scope.
    #[expect(clippy::expect_used, reason = "a test writes a scope by hand")]
    pub fn set_api_scope(&self, scope: &str) {
        self.lock().api.scope = Some(Scope::parse(scope).expect("a scope"));
    }

    /// The API answers calls with a good token by this function, instead of 200 without a body. It
    /// refuses the others as before.
    ///
    /// ```
    /// use grantor_testkit::{FakeServer, answer};
    /// use serde_json::json;
    ///
    /// let server = FakeServer::new("https://idp.example");
    /// server.answer_api_with(|request| {
    ///     let path = request.request().uri().path();
    ///     answer::json(200, &json!({ "path": path, "things": ["a lamp"] }))
    /// });
    /// ```
    pub fn answer_api_with(
        &self,
        answer: impl Fn(&RecordedRequest) -> Response<Bytes> + Send + Sync + 'static,
    ) {
        self.lock().api.answer = Some(std::sync::Arc::new(answer));
    }

    /// The API says this in `WWW-Authenticate` when it answers 401; at first
    /// `Bearer error="invalid_token"`.
    pub fn set_api_challenge(&self, challenge: &str) {
        self.lock().api.challenge = Some(challenge.to_owned());
    }

    /// How long a device has to wait between two polls; 5 s at first. With a clock, one that does
    /// not gets `slow_down`.
    pub fn set_device_interval(&self, interval: Duration) {
        self.lock().devices.interval = interval;
    }

    /// How long the codes of a device are good; 10 min at first.
    pub fn set_device_lifetime(&self, lifetime: Duration) {
        self.lock().devices.lifetime = lifetime;
    }

    /// The user codes of devices that nobody decided about yet.
    #[must_use]
    pub fn pending_devices(&self) -> Vec<String> {
        self.lock().devices.pending()
    }

    /// The user allows the device with this user code.
    ///
    /// # Panics
    /// There is none.
    pub fn approve_device(&self, user_code: &str) {
        self.lock().devices.decide(user_code, Ok(()));
    }

    /// The user refuses the device with this user code.
    ///
    /// # Panics
    /// There is none.
    pub fn deny_device(&self, user_code: &str) {
        let denied = Err(ErrorCode::AccessDenied);
        self.lock().devices.decide(user_code, denied);
    }

    /// The codes of the device with this user code end.
    ///
    /// # Panics
    /// There is none.
    pub fn expire_device(&self, user_code: &str) {
        let expired = Err(ErrorCode::ExpiredToken);
        self.lock().devices.decide(user_code, expired);
    }
}
