//! The door for every `tower::Service` that takes requests of the crate http: a client of hyper's,
//! a channel of tonic's, a proxy in an axum application.
//!
//! [`Tokens::layer`] wraps such a service. It touches no body, unless [`TokensLayer::replay_cloned`] or
//! [`TokensLayer::replay_buffered`] have it send a rejected request again.
//!
//! A client of hyper's takes `hyper-util` with the features `client-legacy`, `http1` and `tokio`, and
//! `tower` with `util`. Its `build_http` is for plain http, so for loopback addresses; an API over https
//! takes a connector such as that of the crate `hyper-rustls`.
//!
//! ```
//! use bytes::Bytes;
//! use grantor_client::Tokens;
//! use http_body_util::Full;
//! use hyper_util::client::legacy::Client;
//! use hyper_util::rt::TokioExecutor;
//! use tower::{Service, ServiceBuilder, ServiceExt};
//!
//! # async fn call(tokens: Tokens) -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
//! let mut service = ServiceBuilder::new()
//!     .layer(tokens.with_origin("http://127.0.0.1:8080")?.layer().replay_cloned())
//!     .service(client);
//! let request = http::Request::get("http://127.0.0.1:8080/things").body(Full::default())?;
//! let answer = service.ready().await?.call(request).await?;
//! # Ok(())
//! # }
//! ```

pub(crate) mod error;
pub(crate) mod future;
pub(crate) mod replay;
pub(crate) mod replay_body;
pub(crate) mod service;
mod state;

use tower_layer::Layer;

pub use self::error::ServiceError;
pub use self::future::ResponseFuture;
pub use self::replay::{BufferReplay, CloneReplay, NoReplay, Replay};
pub use self::replay_body::ReplayBody;
pub use self::service::TokensService;
use crate::tokens::Tokens;

/// Gives every request that goes through a service a token. See [`Tokens::layer`].
#[derive(Debug, Clone)]
pub struct TokensLayer<P = NoReplay> {
    tokens: Tokens,
    replay: P,
}

impl Tokens {
    /// A layer that gives every request a token.
    ///
    /// Requests must name scheme and host (a client of tonic's does by `with_origin`), and to origins
    /// that were not named they fail. An `Authorization` header of the caller's own wins; a proxy
    /// removes what its callers sent. The extension [`WithoutToken`](crate::WithoutToken) withholds
    /// the token from one request.
    ///
    /// A rejected token is renewed, and the 401 is the answer, unless the layer has a way to send
    /// a body again. A layer that follows redirects belongs outside of this one.
    ///
    /// The service holds a handle, a request under way does not: where both are dropped meanwhile (as by
    /// `oneshot` on the only one), the tokens are closed, and a 401 is the answer.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use grantor_client::Tokens;
    /// use http_body_util::Full;
    /// use hyper_util::client::legacy::Client;
    /// use hyper_util::rt::TokioExecutor;
    /// use tower::{Layer, ServiceExt};
    ///
    /// # async fn call(tokens: Tokens) -> Result<(), Box<dyn std::error::Error>> {
    /// let tokens = tokens.with_origin("http://127.0.0.1:8080")?;
    /// let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    /// let client = tokens.layer().replay_cloned().layer(client);
    /// let request = http::Request::get("http://127.0.0.1:8080/things").body(Full::default())?;
    /// let answer = client.clone().oneshot(request).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn layer(&self) -> TokensLayer {
        TokensLayer {
            tokens: self.clone(),
            replay: NoReplay,
        }
    }
}

impl<P> TokensLayer<P> {
    /// Sends a rejected request once more, as a clone of the request, which is made of each one
    /// that carries a token.
    #[must_use]
    pub fn replay_cloned(self) -> TokensLayer<CloneReplay> {
        TokensLayer {
            tokens: self.tokens,
            replay: CloneReplay,
        }
    }

    /// Sends a rejected request once more, if not more than `limit` bytes of its body were sent
    /// until it was rejected. They are kept while they pass by; nothing waits for them.
    ///
    /// The service behind gets bodies of the type [`ReplayBody`].
    #[must_use]
    pub fn replay_buffered(self, limit: usize) -> TokensLayer<BufferReplay> {
        TokensLayer {
            tokens: self.tokens,
            replay: BufferReplay::new(limit),
        }
    }
}

impl<S, P: Clone> Layer<S> for TokensLayer<P> {
    type Service = TokensService<S, P>;

    fn layer(&self, inner: S) -> Self::Service {
        TokensService::new(self.tokens.clone(), inner, self.replay.clone())
    }
}
