mod endpoints;
mod families;

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{BoxFuture, Issuer, ServerMetadata};
use grantor_http::{Transport, TransportError};
use http::{Request, Response};
use serde_json::{Map, Value};
use tokio::sync::watch;
use url::Url;

use self::families::Families;

/// What goes wrong with one token request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The request never leaves.
    Unsent,
    /// The request is lost on its way.
    RequestLost,
    /// The server does what it was asked, and its answer is lost.
    AnswerLost,
    /// The server answers with this status and no JSON.
    Status(u16),
    /// The server answers 429, with `Retry-After` in seconds.
    TooManyRequests(u64),
    /// The server answers 200 with something that is not JSON.
    NotJson,
    /// The server answers 400 with this error code.
    Refused(&'static str),
    /// The transport panics.
    Panic,
}

/// An authorization server within the process: a [`Transport`] that answers as one. Clones are the
/// same server.
///
/// It knows discovery, the token endpoint (client credentials, codes with PKCE, refresh tokens that
/// rotate, with reuse detection), introspection and revocation. Every client is welcome unless
/// [`require_client`](Self::require_client) names one. Its tokens are good until they are revoked.
#[derive(Clone)]
pub struct FakeServer {
    issuer: Issuer,
    state: Arc<Mutex<State>>,
    held: watch::Sender<Held>,
}

/// Whether token requests are held back, and how many are.
#[derive(Debug, Default)]
struct Held {
    holding: bool,
    waiting: usize,
}

struct State {
    lifetime: Option<Duration>,
    extra: Map<String, Value>,
    client: Option<(String, String)>,
    issued: u64,
    good: HashSet<String>,
    codes: Vec<endpoints::Code>,
    families: Families,
    faults: VecDeque<Fault>,
    history: Vec<Request<Bytes>>,
}

impl FakeServer {
    /// A server with this issuer, whose tokens are said to live an hour.
    ///
    /// # Panics
    /// The text is not an issuer.
    #[must_use]
    pub fn new(issuer: &str) -> Self {
        #[expect(clippy::expect_used, reason = "a test names an issuer by hand")]
        let issuer = Issuer::parse(issuer).expect("an issuer");
        let state = State {
            lifetime: Some(Duration::from_secs(3600)),
            extra: Map::new(),
            client: None,
            issued: 0,
            good: HashSet::new(),
            codes: Vec::new(),
            families: Families::default(),
            faults: VecDeque::new(),
            history: Vec::new(),
        };
        Self {
            issuer,
            state: Arc::new(Mutex::new(state)),
            held: watch::Sender::default(),
        }
    }

    /// Its issuer.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Where it gives tokens.
    #[must_use]
    pub fn token_endpoint(&self) -> Url {
        self.issuer.join("/token")
    }

    /// What it publishes about itself.
    #[must_use]
    pub fn metadata(&self) -> ServerMetadata {
        endpoints::metadata(&self.issuer)
    }

    /// From now on tokens are said to live so long; none: it says nothing.
    pub fn set_lifetime(&self, lifetime: Option<Duration>) {
        self.lock().lifetime = lifetime;
    }

    /// From now on every token comes with this member.
    pub fn set_extra(&self, name: &str, value: Value) {
        self.lock().extra.insert(name.to_owned(), value);
    }

    /// From now on only this client is served, by Basic or in the body.
    pub fn require_client(&self, client_id: &str, client_secret: &str) {
        self.lock().client = Some((client_id.to_owned(), client_secret.to_owned()));
    }

    /// The next token request that has no fault yet gets this one. Faults queue up.
    pub fn fail_next(&self, fault: Fault) {
        self.lock().faults.push_back(fault);
    }

    /// Holds back token requests until [`release`](Self::release).
    pub fn hold(&self) {
        self.held.send_modify(|held| held.holding = true);
    }

    /// Lets go what was held back, and all that comes.
    pub fn release(&self) {
        self.held.send_modify(|held| held.holding = false);
    }

    /// Comes back once `n` token requests are held back.
    pub async fn holds(&self, n: usize) {
        let mut held = self.held.subscribe();
        let _ = held.wait_for(|held| held.waiting >= n).await;
    }

    /// Comes back once none is held back any more: whoever sent them is gone.
    pub async fn holds_none(&self) {
        let mut held = self.held.subscribe();
        let _ = held.wait_for(|held| held.waiting == 0).await;
    }

    /// A refresh token of a new login.
    #[must_use]
    pub fn new_refresh_token(&self) -> String {
        self.lock().families.begin()
    }

    /// From now on a refresh token that was just spent may be presented again, and gives the same
    /// successor, until that is used. Otherwise this ends the login.
    pub fn allow_repeats(&self) {
        self.lock().families.allow_repeats = true;
    }

    /// Ends all access tokens.
    pub fn revoke_access_tokens(&self) {
        self.lock().good.clear();
    }

    /// The user's consent: the redirect of the authorization request in `url`, with a code.
    ///
    /// # Panics
    /// The request lacks `redirect_uri` or `code_challenge`.
    #[must_use]
    pub fn approve(&self, url: &Url) -> Url {
        endpoints::approve(&self.issuer, &mut self.lock(), url)
    }

    /// An API that takes this server's tokens: 200 or 401.
    #[must_use]
    pub fn api<B>(&self, request: &Request<B>) -> Response<Bytes> {
        endpoints::api(&self.lock(), request)
    }

    /// How many token requests came in.
    #[must_use]
    pub fn token_requests(&self) -> usize {
        let state = self.lock();
        let requests = state.history.iter();
        requests.filter(|r| r.uri().path() == "/token").count()
    }

    /// How often a spent refresh token was presented again.
    #[must_use]
    pub fn reuses(&self) -> usize {
        self.lock().families.reuses
    }

    /// Whether this refresh token would be taken.
    #[must_use]
    pub fn takes_refresh_token(&self, refresh_token: &str) -> bool {
        self.lock().families.is_current(refresh_token)
    }

    /// All requests that came in, in order.
    #[must_use]
    pub fn history(&self) -> Vec<Request<Bytes>> {
        self.lock().history.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A fault may panic on purpose; nothing here is half done then.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait_if_held(&self) {
        if !self.held.borrow().holding {
            return;
        }
        let waiting = Waiting::new(&self.held);
        let mut held = self.held.subscribe();
        let _ = held.wait_for(|held| !held.holding).await;
        drop(waiting);
    }
}

/// One request that is held back; it counts until it is dropped.
struct Waiting<'a>(&'a watch::Sender<Held>);

impl<'a> Waiting<'a> {
    fn new(held: &'a watch::Sender<Held>) -> Self {
        held.send_modify(|held| held.waiting += 1);
        Self(held)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|held| held.waiting -= 1);
    }
}

impl Transport for FakeServer {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let is_token_request = request.uri().path().ends_with("/token");
            let mut fault = None;
            if is_token_request {
                fault = self.lock().faults.pop_front();
            }
            match &fault {
                Some(Fault::Unsent) => return Err(TransportError::unsent("a fault")),
                Some(Fault::RequestLost) => return Err(TransportError::unknown("a fault")),
                Some(Fault::Panic) => panic!("a fault"),
                _ => {}
            }
            self.lock().history.push(request.clone());
            if is_token_request {
                self.wait_if_held().await;
            }
            let by_fault = fault.as_ref().and_then(endpoints::faulty);
            let answer = match by_fault {
                Some(answer) => answer,
                None => endpoints::answer(&self.issuer, &mut self.lock(), &request),
            };
            match fault {
                Some(Fault::AnswerLost) => Err(TransportError::unknown("a fault")),
                _ => Ok(answer),
            }
        })
    }
}

impl fmt::Debug for FakeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeServer")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
