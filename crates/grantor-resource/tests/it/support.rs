//! An issuer, a network and a clock under the control of a test.

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use grantor_core::exchange::NoAnswer;
use grantor_core::{BoxFuture, ClientAuthentication, Clock, Timestamp};
use grantor_http::{Transport, TransportError};
use grantor_jose::{Algorithm, Key, KeySet, jwt};
use http::{HeaderValue, Request, Response};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://id.example.com";
pub(crate) const AUDIENCE: &str = "https://api.example.com";
pub(crate) const JWKS: &str = "https://id.example.com/jwks";
pub(crate) const ENDPOINT: &str = "https://id.example.com/introspect";
pub(crate) const METADATA: &str = "https://id.example.com/.well-known/oauth-authorization-server";

/// Where the clock begins, in seconds since 1970.
pub(crate) const START: i64 = 1_760_000_000;

#[derive(Debug, Default)]
pub(crate) struct FakeClock(AtomicI64);

impl FakeClock {
    pub(crate) fn advance(&self, seconds: u64) {
        let millis = i64::try_from(seconds).unwrap() * 1000;
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(START) + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst).try_into().unwrap())
    }
}

/// Answers by URL; what has no answer is down.
#[derive(Default)]
pub(crate) struct Network {
    answers: Mutex<HashMap<String, (u16, String)>>,
    headers: Mutex<HashMap<String, (&'static str, &'static str)>>,
    sent: Mutex<Vec<Request<Bytes>>>,
    /// While somebody holds it, nothing is answered.
    pub(crate) gate: tokio::sync::Mutex<()>,
}

impl Network {
    pub(crate) fn answer(&self, url: &str, body: impl Display) {
        self.answer_with(url, 200, body);
    }

    pub(crate) fn answer_with(&self, url: &str, status: u16, body: impl Display) {
        let answer = (status, format!("{body}"));
        self.answers.lock().unwrap().insert(url.to_owned(), answer);
    }

    /// Answers of this URL have this header from now on.
    pub(crate) fn set_header(&self, url: &str, name: &'static str, value: &'static str) {
        let mut headers = self.headers.lock().unwrap();
        headers.insert(url.to_owned(), (name, value));
    }

    pub(crate) fn take_down(&self, url: &str) {
        self.answers.lock().unwrap().remove(url);
    }

    /// How many requests went to `url`.
    pub(crate) fn count(&self, url: &str) -> usize {
        let sent = self.sent.lock().unwrap();
        sent.iter().filter(|request| request.uri() == url).count()
    }

    pub(crate) fn last_to(&self, url: &str) -> Request<Bytes> {
        let sent = self.sent.lock().unwrap();
        let mut sent = sent.iter().filter(|request| request.uri() == url);
        sent.next_back().unwrap().clone()
    }

    pub(crate) fn last(&self) -> Request<Bytes> {
        self.sent.lock().unwrap().last().unwrap().clone()
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network(..)")
    }
}

impl Transport for Network {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let url = request.uri().to_string();
            self.sent.lock().unwrap().push(request);
            drop(self.gate.lock().await);
            let answer = self.answers.lock().unwrap().get(&url).cloned();
            let (status, body) =
                answer.ok_or_else(|| TransportError::new(NoAnswer::Unsent, "it is down"))?;
            let mut response = Response::new(Bytes::from(body));
            *response.status_mut() = status.try_into().unwrap();
            if let Some((name, value)) = self.headers.lock().unwrap().get(&url) {
                let value = HeaderValue::from_static(value);
                response.headers_mut().insert(*name, value);
            }
            Ok(response)
        })
    }
}

/// An issuer of JWTs, whose keys are at [`JWKS`], and everything around it.
pub(crate) struct World {
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) network: Arc<Network>,
    pub(crate) key: Key,
}

impl World {
    pub(crate) fn new() -> Self {
        let world = Self {
            clock: Arc::default(),
            network: Arc::default(),
            key: new_key("key-1"),
        };
        world.publish([&world.key]);
        world
    }

    /// Publishes these keys and no others.
    pub(crate) fn publish<'a>(&self, keys: impl IntoIterator<Item = &'a Key>) {
        let keys = keys.into_iter().map(|key| key.public().cloned().unwrap());
        let keys: KeySet = keys.collect();
        self.network
            .answer(JWKS, serde_json::to_string(&keys).unwrap());
    }

    /// A good token, with some claims put differently; null takes one away.
    pub(crate) fn token_with(&self, changes: &Value) -> String {
        sign(&self.key, changes)
    }

    pub(crate) fn token(&self) -> String {
        self.token_with(&json!({}))
    }

    /// Verifies JWTs with the keys at [`JWKS`].
    pub(crate) fn jwt_verifier(&self) -> grantor_resource::Verifier {
        grantor_resource::Verifier::jwt(ISSUER, JWKS, AUDIENCE)
            .transport(self.network.clone())
            .clock(self.clock.clone())
            .build()
            .unwrap()
    }

    /// Asks [`ENDPOINT`].
    pub(crate) fn introspecting_verifier(&self) -> grantor_resource::Verifier {
        grantor_resource::Verifier::introspection(ENDPOINT, client())
            .transport(self.network.clone())
            .clock(self.clock.clone())
            .issuer(ISSUER)
            .audience(AUDIENCE)
            .build()
            .unwrap()
    }
}

pub(crate) fn new_key(id: &str) -> Key {
    Key::generate(Algorithm::EdDsa).unwrap().with_key_id(id)
}

pub(crate) fn sign(key: &Key, changes: &Value) -> String {
    sign_as(key, jwt::Typ::ACCESS_TOKEN, changes)
}

pub(crate) fn sign_as(key: &Key, typ: jwt::Typ, changes: &Value) -> String {
    let claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "user-1", "client_id": "client-1",
        "jti": "1", "iat": START, "exp": START + 300, "scope": "read",
    });
    jwt::sign(key, typ, &changed(claims, changes)).unwrap()
}

/// The answer of an introspection endpoint about a good token.
pub(crate) fn active(changes: &Value) -> Value {
    let answer = json!({
        "active": true, "iss": ISSUER, "aud": AUDIENCE, "sub": "user-1", "client_id": "client-1",
        "token_type": "Bearer", "exp": START + 300, "scope": "read", "tenant": "t1",
    });
    changed(answer, changes)
}

pub(crate) fn changed(mut object: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
        .as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null());
    object
}

pub(crate) fn client() -> ClientAuthentication {
    ClientAuthentication::Basic {
        client_id: "api".into(),
        client_secret: "hunter2".into(),
    }
}

/// Lets tasks in the background run as far as they get.
pub(crate) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
