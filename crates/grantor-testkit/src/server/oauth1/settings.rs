//! The settings of a test, and the user's decision.

use std::sync::Arc;

use bytes::Bytes;
use grantor_core::oauth1::Credentials;
use grantor_jose::PublicKey;
use http::Response;
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use super::parameters::{Parameters, is_signed};
use super::state::{Progress, Token};
use crate::server::{FakeServer, RecordedRequest};

/// OAuth 1.0a (RFC 5849). Clients are those of [`add_client`](FakeServer::add_client). Signatures by each
/// method of that RFC and the same with SHA-2 are verified; a nonce that was used is refused, and with a
/// clock a timestamp that is more than five minutes away. Refusals name an `oauth_problem`.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use bytes::Bytes;
/// use grantor_core::Timestamp;
/// use grantor_core::oauth1::{Credentials, Signing};
/// use grantor_http::Transport;
/// use grantor_testkit::FakeServer;
/// use http::Request;
///
/// let server = FakeServer::new("https://api.example");
/// server.add_client("app", "s3cret");
/// let mut signing = Signing::new(Credentials::new("app", "s3cret"));
/// signing.token = Some(server.new_oauth1_token("app"));
/// let mut request = Request::get(server.api_url().as_str()).body(Bytes::new()).unwrap();
/// signing.sign(&mut request, "a nonce", Timestamp::from_secs(1_760_000_000)).unwrap();
///
/// assert_eq!(server.send(request.clone()).await.unwrap().status(), 200);
/// // The nonce was used.
/// assert_eq!(server.send(request).await.unwrap().status(), 401);
/// # });
/// ```
impl FakeServer {
    /// Where it gives temporary credentials (RFC 5849 section 2.1).
    #[must_use]
    pub fn temporary_credentials_endpoint(&self) -> Url {
        self.issuer.join("/oauth1/temporary_credentials")
    }

    /// Where users authorize temporary credentials (RFC 5849 section 2.2).
    #[must_use]
    pub fn oauth1_authorization_endpoint(&self) -> Url {
        self.issuer.join("/oauth1/authorize")
    }

    /// Where it gives the credentials of a token (RFC 5849 section 2.3).
    #[must_use]
    pub fn token_credentials_endpoint(&self) -> Url {
        self.issuer.join("/oauth1/token_credentials")
    }

    /// The credentials of a token of this client, for a user who has signed in.
    #[must_use]
    pub fn new_oauth1_token(&self, client_id: &str) -> Credentials {
        let (identifier, secret) = self.lock().oauth1.issue(client_id);
        Credentials::new(identifier, secret)
    }

    /// These are the credentials of a token of this client.
    pub fn add_oauth1_token(&self, client_id: &str, token: &Credentials) {
        let secret = token.secret.expose().to_owned();
        let client = client_id.to_owned();
        let known = Token { secret, client };
        let mut state = self.lock();
        state.oauth1.tokens.insert(token.identifier.clone(), known);
    }

    /// Returns whether the token with this identifier is good.
    #[must_use]
    pub fn takes_oauth1_token(&self, identifier: &str) -> bool {
        self.lock().oauth1.tokens.contains_key(identifier)
    }

    /// Ends all tokens of OAuth 1.0a.
    pub fn revoke_oauth1_tokens(&self) {
        self.lock().oauth1.tokens.clear();
    }

    /// This client may sign by the methods of RSA too, with this key. It need not have a secret.
    pub fn add_oauth1_key(&self, client_id: &str, key: &PublicKey) {
        let mut state = self.lock();
        state.oauth1.keys.insert(client_id.to_owned(), key.clone());
    }

    /// Requests may be signed by these methods only; at first by HMAC and RSA with SHA-1, SHA-256 and
    /// SHA-512, and by `PLAINTEXT`.
    pub fn set_oauth1_signature_methods(&self, methods: &[&str]) {
        self.lock().oauth1.methods = methods.iter().map(|&name| name.to_owned()).collect();
    }

    /// Requests whose body is no form have to sign its hash, in `oauth_body_hash`. A hash that is there is
    /// verified in any case.
    pub fn require_oauth1_body_hash(&self) {
        self.lock().oauth1.body_hash_required = true;
    }

    /// The members of an answer with credentials become what `shape` makes of them, instead of a form: see
    /// [`answer`](crate::answer).
    ///
    /// ```
    /// use grantor_testkit::{FakeServer, answer};
    ///
    /// let server = FakeServer::new("https://api.example");
    /// // A server that says who signed in, and answers in JSON.
    /// server.answer_oauth1_with(|members| {
    ///     let mut members = members.clone();
    ///     members.insert("user_id".to_owned(), 7.into());
    ///     answer::json(200, &members.into())
    /// });
    /// ```
    pub fn answer_oauth1_with(
        &self,
        shape: impl Fn(&Map<String, Value>) -> Response<Bytes> + Send + Sync + 'static,
    ) {
        self.lock().oauth1.shape = Some(Arc::new(shape));
    }

    /// The user's consent to the temporary credentials in `url`: the redirect, with the verifier.
    ///
    /// # Panics
    /// There are no such credentials, or their callback is `oob`: see
    /// [`approve_oauth1_out_of_band`](Self::approve_oauth1_out_of_band).
    #[must_use]
    #[expect(clippy::expect_used, reason = "documented")]
    pub fn approve_oauth1(&self, url: &Url) -> Url {
        let decided = self.decide_oauth1(url.query(), true);
        let decided = decided.expect("temporary credentials");
        decided.redirect().expect("a callback that is a URL")
    }

    /// The user's consent to the temporary credentials in `url`, whose callback is `oob`: the verifier that
    /// the user types into the program.
    ///
    /// # Panics
    /// There are no such credentials.
    #[must_use]
    #[expect(clippy::expect_used, reason = "documented")]
    pub fn approve_oauth1_out_of_band(&self, url: &Url) -> String {
        let decided = self.decide_oauth1(url.query(), true);
        let decided = decided.expect("temporary credentials");
        decided.verifier.unwrap_or_default()
    }

    /// The user's refusal: the redirect, with `oauth_problem`.
    ///
    /// # Panics
    /// As [`approve_oauth1`](Self::approve_oauth1).
    #[must_use]
    #[expect(clippy::expect_used, reason = "documented")]
    pub fn deny_oauth1(&self, url: &Url) -> Url {
        let decided = self.decide_oauth1(url.query(), false);
        let decided = decided.expect("temporary credentials");
        decided.redirect().expect("a callback that is a URL")
    }

    pub(super) fn decide_oauth1(&self, query: Option<&str>, allow: bool) -> Option<Decided> {
        let mut parameters = form_urlencoded::parse(query?.as_bytes());
        let (_, identifier) = parameters.find(|(name, _)| name == "oauth_token")?;
        let mut state = self.lock();
        let temporary = state.oauth1.temporary(&identifier)?;
        if !matches!(temporary.progress, Progress::Begun) {
            return None;
        }
        let number = identifier.rsplit('-').next().unwrap_or_default();
        let verifier = allow.then(|| format!("verifier-{number}"));
        temporary.progress = verifier.clone().map_or(Progress::Denied, Progress::Allowed);
        Some(Decided {
            identifier: identifier.into_owned(),
            callback: temporary.callback.clone(),
            verifier,
        })
    }
}

/// What the user decided.
pub(super) struct Decided {
    identifier: String,
    callback: String,
    pub(super) verifier: Option<String>,
}

impl Decided {
    /// Where the browser goes; none, if the callback is `oob`.
    pub(super) fn redirect(&self) -> Option<Url> {
        let mut url = Url::parse(&self.callback).ok()?;
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("oauth_token", &self.identifier);
        match &self.verifier {
            Some(verifier) => pairs.append_pair("oauth_verifier", verifier),
            None => pairs.append_pair("oauth_problem", "permission_denied"),
        };
        drop(pairs);
        Some(url)
    }
}

impl RecordedRequest {
    /// A parameter of OAuth 1.0a, as `oauth_nonce`, from the `Authorization` header, the query or a form;
    /// none, if the request is not signed by it.
    #[must_use]
    pub fn oauth1_parameter(&self, name: &str) -> Option<String> {
        is_signed(self).then(|| Parameters::of(self).get(name))?
    }
}
