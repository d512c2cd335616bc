//! The server as an OpenID provider: ID tokens, keys, UserInfo (OpenID Connect Core).

use std::sync::Arc;

use bytes::Bytes;
use grantor_core::{Issuer, Timestamp};
use grantor_jose::{Algorithm, Key, KeySet, jwt};
use http::Response;
use serde_json::{Map, Value, json};

use super::grants::Granted;
use super::state::State;
use super::{Endpoint, FakeServer, RecordedRequest, answer, endpoints};

/// A test's change of the claims of an ID token.
type ClaimsChange = Arc<dyn Fn(&mut Map<String, Value>) + Send + Sync>;
/// A test's own answer of the UserInfo endpoint.
type UserInfoAnswer = Arc<dyn Fn(&RecordedRequest) -> Response<Bytes> + Send + Sync>;

/// The settings of the provider.
#[derive(Default)]
pub(super) struct OpenIdSettings {
    /// The last one signs; made when it is first needed.
    keys: Vec<Key>,
    published: Option<KeySet>,
    change: Option<ClaimsChange>,
    user_info: Option<UserInfoAnswer>,
    introspection: Map<String, Value>,
}

/// What comes with an ID token, of which it has the hashes.
#[derive(Default)]
pub(super) struct Beside<'a> {
    pub(super) access_token: Option<&'a str>,
    pub(super) code: Option<&'a str>,
    pub(super) state: Option<&'a str>,
}

impl OpenIdSettings {
    /// The algorithms of metadata.
    pub(super) fn algorithms(&self) -> Vec<String> {
        let signing = self.keys.last().map_or(Algorithm::Rs256, Key::algorithm);
        vec![signing.as_str().to_owned()]
    }

    /// The ID token of a grant whose scope has `openid`.
    pub(super) fn id_token(
        &mut self,
        issuer: &Issuer,
        now: Option<Timestamp>,
        granted: &Granted,
        beside: &Beside<'_>,
    ) -> Option<String> {
        let asked = granted.scope.as_ref()?.contains("openid");
        let (from, until) = match now {
            Some(now) => (now.as_secs(), now.as_secs() + 3600),
            // Without a clock nothing ends.
            None => (0, 4_102_444_800),
        };
        let client_id = granted.client_id.as_deref().filter(|_| asked)?;
        let algorithm = self.signing().algorithm();
        let claims = json!({
            "iss": issuer.as_str(), "sub": granted.subject.as_deref().unwrap_or(USER),
            "aud": client_id, "iat": from, "exp": until,
        });
        let mut claims = match claims {
            Value::Object(claims) => claims,
            _ => Map::new(),
        };
        for (name, value) in [
            ("at_hash", beside.access_token),
            ("c_hash", beside.code),
            ("s_hash", beside.state),
        ] {
            if let Some(value) = value {
                claims.insert(name.to_owned(), algorithm.half_hash(value).into());
            }
        }
        if let Some(nonce) = &granted.nonce {
            claims.insert("nonce".to_owned(), nonce.as_str().into());
            // A renewal has no nonce, and its user proved nothing just now.
            claims.insert("auth_time".to_owned(), from.into());
        }
        if let Some(change) = &self.change {
            change(&mut claims);
        }
        jwt::sign(self.signing(), jwt::Typ::JWT, &claims).ok()
    }

    /// A signed answer of the introspection endpoint with these claims.
    pub(super) fn sign_introspection(&mut self, claims: Value) -> String {
        let Value::Object(mut claims) = claims else {
            return String::new();
        };
        for (name, value) in &self.introspection {
            match value {
                Value::Null => claims.remove(name),
                value => claims.insert(name.clone(), value.clone()),
            };
        }
        jwt::sign(self.signing(), jwt::Typ::INTROSPECTION, &claims).unwrap_or_default()
    }

    pub(super) fn signing(&mut self) -> &Key {
        if self.keys.is_empty() {
            self.keys.push(new_key());
        }
        &self.keys[self.keys.len() - 1]
    }

    fn key_set(&mut self) -> KeySet {
        self.signing();
        let keys = self.keys.iter().filter_map(|key| key.public().cloned());
        self.published.clone().unwrap_or_else(|| keys.collect())
    }
}

/// The user of a login that named none.
const USER: &str = "user-1";

#[expect(clippy::expect_used, reason = "a key of this kind can always be made")]
fn new_key() -> Key {
    Key::generate(Algorithm::Rs256).expect("a key")
}

pub(super) fn key_set(state: &mut State) -> Response<Bytes> {
    let keys = state.openid.key_set();
    let mut document = serde_json::to_value(&keys).unwrap_or_default();
    if let (Some(own), Some(Value::Array(keys))) =
        (state.requests.published_key(), document.get_mut("keys"))
    {
        keys.push(own);
    }
    answer::json(200, &document)
}

/// An API of its own: a token is checked as everywhere.
pub(super) fn user_info(server: &FakeServer, request: &RecordedRequest) -> Response<Bytes> {
    let checked = endpoints::api_refusal(server, request);
    if let Some(refusal) = checked {
        return refusal;
    }
    let (own, subject) = {
        let state = server.lock();
        let token = request.access_token();
        let token = token.and_then(|token| state.access_token(&token).cloned());
        let subject = token.and_then(|token| token.subject);
        (state.openid.user_info.clone(), subject)
    };
    match own {
        Some(own) => own(request),
        None => {
            let subject = subject.as_deref().unwrap_or(USER);
            answer::json(200, &json!({"sub": subject, "name": "A User"}))
        }
    }
}

/// OpenID Connect: a token whose scope has `openid` comes with an ID token, signed by RS256, and the user
/// is `user-1` unless the grant names one.
impl FakeServer {
    /// Signed answers of the introspection endpoint (RFC 9701), which a request has to accept, have this
    /// claim, in the place of the server's own if it has that name; null leaves it out.
    pub fn set_introspection_claim(&self, name: &str, value: Value) {
        let mut state = self.lock();
        state.openid.introspection.insert(name.to_owned(), value);
    }

    /// ID tokens have the claims that `change` leaves.
    ///
    /// ```
    /// use grantor_testkit::FakeServer;
    ///
    /// let server = FakeServer::new("https://idp.example");
    /// // A provider that forgets the audience.
    /// server.change_id_tokens(|claims| {
    ///     claims.remove("aud");
    /// });
    /// ```
    pub fn change_id_tokens(
        &self,
        change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static,
    ) {
        self.lock().openid.change = Some(Arc::new(change));
    }

    /// ID tokens are signed with this key from now on, and the keys before it stay published.
    pub fn sign_id_tokens_with(&self, key: Key) {
        self.lock().openid.keys.push(key);
    }

    /// This is published as the server's keys, whatever signs.
    pub fn publish_keys(&self, keys: KeySet) {
        self.lock().openid.published = Some(keys);
    }

    /// A token with these claims, signed as ID tokens are: for a logout token, say.
    ///
    /// # Panics
    /// The claims can't be written as JSON.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test writes claims by hand")]
    pub fn signed(&self, typ: jwt::Typ, claims: &Value) -> String {
        let mut state = self.lock();
        jwt::sign(state.openid.signing(), typ, claims).expect("claims")
    }

    /// The UserInfo endpoint answers requests with a good token by this function.
    pub fn answer_user_info_with(
        &self,
        answer: impl Fn(&RecordedRequest) -> Response<Bytes> + Send + Sync + 'static,
    ) {
        self.lock().openid.user_info = Some(Arc::new(answer));
    }

    /// How often the keys were fetched.
    #[must_use]
    pub fn key_requests(&self) -> usize {
        self.requests(Endpoint::KeySet).len()
    }
}
