//! The tower layer that admits only requests with a good bearer token (RFC 6750).

mod bearer;
mod future;
mod refusal;

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use grantor_core::Scope;
use http::{Request, Response, header};
use tower_layer::Layer;
use tower_service::Service;
use url::Url;

pub use future::ResponseFuture;
use refusal::Refusal;

use crate::{AccessToken, Verifier, VerifyError};

/// A layer that admits only requests with a good access token, and puts the [`AccessToken`] into
/// their extensions.
///
/// A token is taken from the `Authorization` header alone. Refusals follow RFC 6750 section 3
/// and are never stored by caches. Preflight requests of browsers carry no token: put a
/// CORS layer outside of this one.
pub fn protect(verifier: &Verifier) -> Protect {
    Protect {
        rules: Rules {
            realm: verifier.audience().unwrap_or("api").to_owned(),
            verifier: verifier.clone(),
            scope: Scope::default(),
            audience: None,
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

/// The requirements on a request, and the parameters of the challenge for one that fails them.
#[derive(Debug, Clone)]
struct Rules {
    verifier: Verifier,
    scope: Scope,
    audience: Option<String>,
    realm: String,
    resource_metadata: Option<Url>,
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
        let token = match bearer::token(&request) {
            Ok(token) => token,
            Err(refusal) => return ResponseFuture::refused(self.rules.answer(&refusal)),
        };
        if let Some(verified) = self.rules.verifier.try_verify(token) {
            return match self.rules.admit(verified) {
                Ok(token) => {
                    insert_token(&mut request, token);
                    ResponseFuture::inner(self.inner.call(request))
                }
                Err(refusal) => ResponseFuture::refused(self.rules.answer(&refusal)),
            };
        }
        let rules = self.rules.clone();
        // The service that was polled ready is the one to call.
        let spare = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, spare);
        ResponseFuture::verifying(async move {
            let verified = match bearer::token(&request) {
                Ok(token) => rules.verifier.verify(token).await,
                Err(refusal) => return Ok(rules.answer(&refusal)),
            };
            match rules.admit(verified) {
                Ok(token) => {
                    insert_token(&mut request, token);
                    ready.call(request).await
                }
                Err(refusal) => Ok(rules.answer(&refusal)),
            }
        })
    }
}

impl Rules {
    fn admit(&self, verified: Result<AccessToken, VerifyError>) -> Result<AccessToken, Refusal> {
        let token = verified.map_err(Refusal::Token)?;
        if let Some(audience) = &self.audience
            && !token.audiences.contains(audience)
        {
            return Err(Refusal::Token(VerifyError::WrongAudience));
        }
        if !self.scope.is_subset(&token.scope) {
            return Err(Refusal::Scope);
        }
        Ok(token)
    }
}

/// The service sees the header too, marked sensitive so that logs leave its value out.
fn insert_token<B>(request: &mut Request<B>, token: AccessToken) {
    if let Some(value) = request.headers_mut().get_mut(header::AUTHORIZATION) {
        value.set_sensitive(true);
    }
    request.extensions_mut().insert(token);
}
