//! The authorization server: an in-process transport with settings, faults and a history.

pub mod answer;
mod assertions;
mod authorization_settings;
mod backchannel_settings;
mod clients;
mod dpop;
mod endpoints;
mod fault_answer;
mod faults;
mod grants;
mod held;
mod history;
#[cfg(feature = "listen")]
mod listen;
mod logins;
mod mtls;
mod oauth1;
mod openid;
mod outcome;
mod recorded;
mod request_objects;
mod route;
mod settings;
mod state;
#[cfg(feature = "tls")]
mod tls;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use grantor_core::{BoxFuture, Issuer, LocalhostNames, ServerMetadata};
use grantor_http::{MAX_ANSWER, Transport, TransportError};
use http::{Request, Response};
use tokio::sync::watch;
use url::Url;

use self::held::Held;
use self::history::AtOnce;
use self::outcome::Outcome;
use self::state::State;

pub use self::faults::{Fault, ScriptedAnswer};
pub use self::grants::GrantAnswer;
#[cfg(feature = "listen")]
pub use self::listen::FakeListener;
pub use self::logins::Rotation;
pub use self::mtls::CertificateTransport;
pub use self::recorded::RecordedRequest;
pub use self::route::Endpoint;
#[cfg(feature = "tls")]
pub use self::tls::FakeTlsListener;

/// An authorization server within the process: a [`Transport`] that answers as one. Clones are the
/// same server.
///
/// It knows discovery, introspection, revocation, registration of clients (RFC 7591, RFC 7592), pushed
/// authorization requests (RFC 9126), request objects (RFC 9101), detailed authorizations (RFC 9396), every
/// response type and mode, JARM among them, the metadata of the API that takes its tokens (RFC 9728), and at the
/// token endpoint client credentials, codes with PKCE, refresh tokens, passwords, token exchange (RFC 8693), JWT assertions (RFC 7523),
/// devices (RFC 8628), users who are asked without a browser (CIBA), and whatever else a test teaches it
/// with [`on_grant`](Self::on_grant). A token is bound to the key of its request's DPoP proof, if there is
/// one (RFC 9449), and to the certificate of its request's connection, if that presents one (RFC 8705).
/// Beside all that it speaks OAuth 1.0a (RFC 5849): the three steps to the credentials of a token, and
/// signed calls of the API.
///
/// As it comes, every client is welcome, refresh tokens rotate and end their login if they come
/// back, tokens are said to live an hour, and are good until they are revoked. With
/// [`set_clock`](Self::set_clock) they end when they said.
///
/// The same tokens in every run: `access-1`, `refresh-0-0`, `code-1`.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use grantor_core::{ClientAuthentication, GrantParameters, TokenRequest, TokenResponse};
/// use grantor_http::Transport;
/// use grantor_testkit::{Endpoint, FakeServer, Fault};
///
/// let server = FakeServer::new("https://idp.example");
/// server.add_client("app", "s3cret");
/// server.fail_next(Fault::Unavailable(30));
///
/// let request = TokenRequest::new(GrantParameters::ClientCredentials);
/// let client = ClientAuthentication::Basic {
///     client_id: "app".into(),
///     client_secret: "s3cret".into(),
/// };
/// let send = || server.send(request.to_request(&server.token_endpoint(), &client));
/// assert_eq!(send().await.unwrap().status(), 503);
/// let token = TokenResponse::from_response(&send().await.unwrap()).unwrap();
/// assert_eq!(token.access_token.expose(), "access-1");
///
/// let recorded = server.requests(Endpoint::Token);
/// assert_eq!(recorded[0].status().unwrap(), 503);
/// assert_eq!(recorded[1].grant_type().as_deref(), Some("client_credentials"));
/// assert_eq!(recorded[1].client_id().as_deref(), Some("app"));
/// # });
/// ```
#[derive(Clone)]
pub struct FakeServer {
    issuer: Issuer,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    held: watch::Sender<Held>,
    at_once: AtOnce,
}

impl FakeServer {
    /// A server with this issuer, whose tokens are said to live an hour.
    ///
    /// # Panics
    /// The text is not an issuer.
    #[must_use]
    pub fn new(issuer: &str) -> Self {
        #[expect(clippy::expect_used, reason = "a test names an issuer by hand")]
        let issuer = Issuer::parse_with(issuer, LocalhostNames::Loopback).expect("an issuer");
        let shared = Shared {
            state: Mutex::new(State::new()),
            held: watch::Sender::default(),
            at_once: AtOnce::default(),
        };
        Self {
            issuer,
            shared: Arc::new(shared),
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

    /// An API that takes its tokens.
    #[must_use]
    pub fn api_url(&self) -> Url {
        self.issuer.join("/api")
    }

    /// Returns the published metadata, without the members that
    /// [`set_metadata_member`](Self::set_metadata_member) changed.
    #[must_use]
    pub fn metadata(&self) -> ServerMetadata {
        endpoints::metadata(&self.issuer, &self.lock())
    }

    /// Calls the API, which takes this server's tokens: 200, or what the settings of the API say.
    /// Faults that are an answer are given here too; the others wait for a call that comes through
    /// the transport. The body of the request is not looked at: a signature of OAuth 1.0a that covers one
    /// is verified where the request comes through the transport.
    #[must_use]
    pub fn api<B>(&self, request: &Request<B>) -> Response<Bytes> {
        let mut copy = Request::new(Bytes::new());
        *copy.method_mut() = request.method().clone();
        *copy.uri_mut() = request.uri().clone();
        *copy.headers_mut() = request.headers().clone();
        let call = self.record(Endpoint::Api, copy);
        let fault = self.lock().faults.take_answer(&call);
        let answer = fault.unwrap_or_else(|| endpoints::api(self, &call));
        call.answered(answer.status());
        answer
    }

    /// A refresh token of a new login.
    #[must_use]
    pub fn new_refresh_token(&self) -> String {
        let mut state = self.lock();
        let now = state.elapsed();
        state.logins.begin(None, None, None, now).1
    }

    /// Returns whether this refresh token would be taken.
    #[must_use]
    pub fn takes_refresh_token(&self, refresh_token: &str) -> bool {
        let state = self.lock();
        state.logins.is_current(refresh_token, state.elapsed())
    }

    /// Returns whether this access token is good.
    #[must_use]
    pub fn takes_access_token(&self, access_token: &str) -> bool {
        self.lock().access_token(access_token).is_some()
    }

    /// Ends all access tokens.
    pub fn revoke_access_tokens(&self) {
        self.lock().access_tokens.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A fault may panic on purpose; nothing here is half done then.
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for FakeServer {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            match self.serve(request).await {
                Outcome::Answered(answer) if answer.body().len() > MAX_ANSWER => {
                    Err(TransportError::unknown("the answer is longer than 1 MiB"))
                }
                Outcome::Answered(answer) => Ok(answer),
                Outcome::Unsent => Err(TransportError::unsent("a fault")),
                Outcome::Lost | Outcome::Dropped(_) => Err(TransportError::unknown("a fault")),
                Outcome::Panicked => panic!("a fault"),
            }
        })
    }
}

impl fmt::Debug for FakeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeServer")
            .field("issuer", &self.issuer)
            .field("token_requests", &self.token_requests())
            .finish_non_exhaustive()
    }
}
