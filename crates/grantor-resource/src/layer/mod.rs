//! The tower layer that admits only requests with a good access token (RFC 6750, RFC 9449).

mod authentication;
mod challenge;
mod credentials;
mod future;
mod refusal;
mod rules;

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use grantor_core::Scope;
use http::{HeaderValue, Request, Response, header};
use tower_layer::Layer;
use tower_service::Service;
use url::Url;

pub(crate) use authentication::Authentication;
use challenge::Challenges;
pub(crate) use credentials::Head;
pub use future::ResponseFuture;
pub(crate) use refusal::Reason;
pub use refusal::Refusal;
use refusal::{DPOP_NONCE, Refused};
pub(crate) use rules::Admission;
use rules::{Admitted, Rules};

use crate::{AccessToken, Dpop, Verifier};

/// A layer that admits only requests with a good access token, and puts the [`AccessToken`] into
/// their extensions.
///
/// A token is taken from the `Authorization` header alone. Refusals follow RFC 6750 section 3
/// and are never stored by caches. Preflight requests of browsers carry no token: put a
/// CORS layer outside of this one, and let it expose `WWW-Authenticate` and `DPoP-Nonce`.
///
/// Layers may be nested, a stricter one around the routes that need more. The token is verified once,
/// and the challenge of the inner layer names what all of them require.
pub fn protect(verifier: &Verifier) -> Protect {
    Protect {
        rules: Rules {
            realm: verifier.audience().unwrap_or("api").to_owned(),
            verifier: verifier.clone(),
            scope: Scope::default(),
            audience: None,
            authentication: Authentication::default(),
            dpop: None,
            resource_metadata: None,
        },
    }
}

/// The layer that [`protect`] makes.
#[derive(Debug, Clone)]
#[must_use = "a layer protects nothing before it is put around a service"]
pub struct Protect {
    rules: Rules,
}

impl Protect {
    /// Requires one more scope value, or several between spaces.
    ///
    /// # Panics
    /// If `scope` has a character that no scope may have: a fault in the code, as a malformed path
    /// of a router is. [`scopes`](Self::scopes) takes values that are not literals.
    #[track_caller]
    pub fn scope(self, scope: &str) -> Self {
        match Scope::parse(scope) {
            Ok(scope) => self.scopes(&scope),
            Err(error) => panic!("{error}: {scope:?}"),
        }
    }

    /// Requires all values of `scope`.
    pub fn scopes(mut self, scope: &Scope) -> Self {
        self.rules.scope = self.rules.scope.union(scope);
        self
    }

    /// Requires that the token is for `audience` too, besides the audience of the verifier.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.rules.audience = Some(audience.into());
        self
    }

    /// Requires that the user was authenticated in one of these ways, the preferred one first. Others
    /// are answered by 401 `insufficient_user_authentication` (RFC 9470 section 3).
    pub fn acr_values(mut self, acr_values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let authentication = self.rules.authentication;
        self.rules.authentication = authentication.with_acr_values(acr_values);
        self
    }

    /// Requires that the user was authenticated no longer ago than this (RFC 9470 section 3).
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.rules.authentication = self.rules.authentication.with_max_age(max_age);
        self
    }

    /// Takes tokens that are bound to a key of their client, with a proof of it (RFC 9449). Without
    /// this they are refused.
    ///
    /// Of nested layers the outermost that a request passes checks its proof.
    pub fn dpop(mut self, dpop: &Dpop) -> Self {
        self.rules.dpop = Some(dpop.clone());
        self
    }

    /// The `realm` of the challenge. The verifier's audience by default.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.rules.realm = realm.into();
        self
    }

    /// The URL of this resource's [`ResourceMetadata`](crate::ResourceMetadata); the challenge
    /// names it (RFC 9728 section 5.1).
    pub fn resource_metadata(mut self, url: Url) -> Self {
        self.rules.resource_metadata = Some(url);
        self
    }
}

impl<S> Layer<S> for Protect {
    type Service = Protected<S>;

    fn layer(&self, inner: S) -> Protected<S> {
        Protected {
            inner,
            rules: Arc::new(self.rules.clone()),
        }
    }
}

/// A service behind [`Protect`].
#[derive(Debug, Clone)]
pub struct Protected<S> {
    inner: S,
    rules: Arc<Rules>,
}

impl<S, B, R> Service<Request<B>> for Protected<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, R, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.rules.try_admit(&request) {
            // Without a proof there is no nonce to hand out.
            Some(Ok(admitted)) => {
                insert_token(&mut request, admitted.token);
                return ResponseFuture::inner(self.inner.call(request));
            }
            Some(Err(refused)) => {
                return ResponseFuture::refused(self.rules.answer(&refused, &request));
            }
            None => {}
        }
        let rules = self.rules.clone();
        // The service that was polled ready is the one to call.
        let spare = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, spare);
        ResponseFuture::verifying(async move {
            let head = Head::of(&request);
            let admitted = rules.admit(&head).await;
            match admitted {
                Ok(Admitted { token, next_nonce }) => {
                    insert_token(&mut request, token);
                    let answer = ready.call(request).await;
                    answer.map(|answer| with_nonce(answer, next_nonce))
                }
                Err(refused) => Ok(rules.answer(&refused, &request)),
            }
        })
    }
}

impl Rules {
    fn answer<B, R: From<Bytes>>(&self, refused: &Refused, request: &Request<B>) -> Response<R> {
        let challenges = Challenges::of(self);
        // Layers around this one admitted the request, and a new token has to pass them too.
        let outer = request.extensions().get::<AccessToken>();
        let outer = outer.and_then(|token| token.admission.as_ref());
        refused.answer(&challenges.within(outer)).map(R::from)
    }
}

/// The service sees the header too, marked sensitive so that logs leave its value out.
fn insert_token<B>(request: &mut Request<B>, token: AccessToken) {
    if let Some(value) = request.headers_mut().get_mut(header::AUTHORIZATION) {
        value.set_sensitive(true);
    }
    request.extensions_mut().insert(token);
}

/// RFC 9449 section 8.2: an answer with a nonce "should be uncacheable".
fn with_nonce<R>(mut answer: Response<R>, nonce: Option<HeaderValue>) -> Response<R> {
    if let Some(nonce) = nonce {
        let headers = answer.headers_mut();
        headers.insert(DPOP_NONCE, nonce);
        let no_store = HeaderValue::from_static("no-store");
        headers.entry(header::CACHE_CONTROL).or_insert(no_store);
    }
    answer
}
