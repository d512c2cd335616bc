//! grantor's own side: a warm handle, and one call with it.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use grantor_client::{Attempt, Tokens, TokensBuilder};
use grantor_core::BoxFuture;
use grantor_http::{Transport, TransportError};
use harness::Result;
use http::{HeaderMap, Request, Response, Uri};

use crate::Call;
use crate::identity_provider::answer;

/// The server of the tokens.
pub const ISSUER: &str = "https://idp.example";
/// The one origin that tokens go to.
pub const API: &str = "https://api.example";

/// Answers every token request at once, and keeps nothing.
#[derive(Debug)]
pub struct Answers {
    /// How long every token lives.
    pub lifetime_seconds: u64,
}

impl Transport for Answers {
    fn send(&self, _: Request<Bytes>) -> BoxFuture<'_, Answered> {
        let body = Bytes::from(answer(self.lifetime_seconds));
        Box::pin(async { Ok(Response::new(body)) })
    }
}

type Answered = std::result::Result<Response<Bytes>, TransportError>;

/// Tokens of a client whose server answers at once.
pub fn builder(lifetime_seconds: u64) -> TokensBuilder {
    Tokens::client_credentials(ISSUER, "app", "s3cret")
        .token_endpoint("https://idp.example/token")
        .auth_method(grantor_core::TokenEndpointAuthMethod::ClientSecretBasic)
        .transport(Answers { lifetime_seconds })
        .allow_origin(API)
}

/// A handle that has its token.
///
/// # Errors
///
/// There is no token.
pub fn warm() -> Result<Tokens> {
    let tokens = builder(3600).build()?;
    tokens.get_blocking()?;
    Ok(tokens)
}

/// One call on a handle that has its token.
///
/// # Errors
///
/// There is no token.
pub fn set_up() -> Result<Call> {
    let mut caller = Caller::new(&warm()?);
    Ok(Box::new(move || caller.call()))
}

/// One thread's side of the calls: a request with room in its header map, and an answer.
#[derive(Debug)]
pub struct Caller {
    tokens: Tokens,
    request: Request<()>,
    answer: Response<()>,
}

impl Caller {
    /// A side with a request and an answer of its own.
    #[must_use]
    pub fn new(tokens: &Tokens) -> Self {
        let mut request = Request::new(());
        *request.headers_mut() = HeaderMap::with_capacity(8);
        *request.uri_mut() = Uri::from_static("https://api.example/things?page=1");
        Self {
            tokens: tokens.clone(),
            request,
            answer: Response::new(()),
        }
    }

    /// All that a call costs: the token is put on the request, its answer is looked at, and both
    /// are dropped.
    #[inline]
    pub fn call(&mut self) {
        let attempt = self.prepare();
        self.observe(&attempt);
    }

    /// A call that may wait for a token.
    pub async fn call_and_wait(&mut self) {
        self.request.headers_mut().clear();
        let attempt = self.tokens.prepare(&mut self.request).await;
        let Ok(attempt) = attempt else { not_at_once() };
        assert!(attempt.observe(&self.answer).await.is_done());
    }

    /// The work before a request is sent.
    #[inline]
    pub fn prepare(&mut self) -> Attempt {
        self.request.headers_mut().clear();
        let prepared = at_once(self.tokens.prepare(black_box(&mut self.request)));
        let Some(Ok(attempt)) = prepared else {
            not_at_once();
        };
        attempt
    }

    /// The work with its answer.
    #[inline]
    pub fn observe(&self, attempt: &Attempt) {
        let observed = at_once(attempt.observe(black_box(&self.answer)));
        assert!(observed.is_some_and(|observed| observed.is_done()));
    }
}

/// Returns the result of something that need not wait.
#[inline]
pub fn at_once<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(work).poll(&mut context) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

#[cold]
fn not_at_once() -> ! {
    panic!("a measured call got no token")
}
