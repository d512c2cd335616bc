//! Hooks on every request and answer of the client.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use grantor_core::BoxFuture;
use http::{HeaderMap, Method, Request, Response, Uri};

use crate::runtime::caught::{Panicked, caught};

/// The kind of a request to the authorization server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestKind {
    /// The metadata of a server is fetched, or that of a resource (RFC 9728).
    Discovery,
    /// The server's keys are fetched.
    KeySet,
    /// An access token is requested, by any grant but a refresh token.
    Token,
    /// An access token is requested by a refresh token.
    Refresh,
    /// A device requests the code that its user types in elsewhere.
    DeviceAuthorization,
    /// It is requested that a user be asked without a browser (CIBA).
    BackchannelAuthentication,
    /// An authorization request is pushed (RFC 9126).
    PushedAuthorization,
    /// A client registers itself, or its registration is read, changed or removed (RFC 7591, 7592).
    ClientRegistration,
    /// A token is revoked.
    Revocation,
    /// A token is introspected.
    Introspection,
    /// The claims about a user are fetched.
    UserInfo,
    /// Temporary credentials of OAuth 1.0a are requested.
    TemporaryCredentials,
    /// The credentials of a token of OAuth 1.0a are requested.
    TokenCredentials,
}

/// A request to an API, as a hook may change it before its token is put on.
#[derive(Debug)]
#[non_exhaustive]
pub struct ApiRequest<'a> {
    /// Its method.
    pub method: &'a Method,
    /// Its URI. The origin that the token may go to is judged after the hooks.
    pub uri: &'a mut Uri,
    /// Its headers.
    pub headers: &'a mut HeaderMap,
}

type OnRequest =
    dyn for<'a> Fn(RequestKind, &'a mut Request<Bytes>) -> BoxFuture<'a, ()> + Send + Sync;
type OnResponse =
    dyn for<'a> Fn(RequestKind, &'a mut Response<Bytes>) -> BoxFuture<'a, ()> + Send + Sync;
type OnApiRequest = dyn for<'a, 'b> Fn(&'a mut ApiRequest<'b>) -> BoxFuture<'a, ()> + Send + Sync;

/// All hooks, each kind in the order in which it was added.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    request: Vec<Arc<OnRequest>>,
    response: Vec<Arc<OnResponse>>,
    api_request: Vec<Arc<OnApiRequest>>,
}

impl Hooks {
    pub(crate) fn add_request(
        &mut self,
        hook: impl for<'a> Fn(RequestKind, &'a mut Request<Bytes>) -> BoxFuture<'a, ()>
        + Send
        + Sync
        + 'static,
    ) {
        self.request.push(Arc::new(hook));
    }

    pub(crate) fn add_response(
        &mut self,
        hook: impl for<'a> Fn(RequestKind, &'a mut Response<Bytes>) -> BoxFuture<'a, ()>
        + Send
        + Sync
        + 'static,
    ) {
        self.response.push(Arc::new(hook));
    }

    pub(crate) fn add_api_request(
        &mut self,
        hook: impl for<'a, 'b> Fn(&'a mut ApiRequest<'b>) -> BoxFuture<'a, ()> + Send + Sync + 'static,
    ) {
        self.api_request.push(Arc::new(hook));
    }

    /// A hook that panics leaves nobody knows what, so the request is not to be sent.
    pub(crate) async fn on_request(
        &self,
        call: RequestKind,
        request: &mut Request<Bytes>,
    ) -> Result<(), Panicked> {
        for hook in &self.request {
            caught(async { hook(call, request).await }).await?;
        }
        Ok(())
    }

    /// A hook that panics is passed over: the server has done what it was asked, and a refresh token in
    /// the answer would be lost with it.
    pub(crate) async fn on_response(&self, call: RequestKind, response: &mut Response<Bytes>) {
        for hook in &self.response {
            if caught(async { hook(call, response).await }).await.is_err() {
                tracing::error!(kind = ?call, "a hook on an answer panicked and is passed over");
            }
        }
    }

    pub(crate) async fn on_api_request(&self, request: &mut ApiRequest<'_>) {
        for hook in &self.api_request {
            hook(request).await;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.request.is_empty() && self.response.is_empty() && self.api_request.is_empty()
    }

    /// Returns whether requests to APIs pass untouched.
    pub(crate) fn leaves_api_requests(&self) -> bool {
        self.api_request.is_empty()
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("request", &self.request.len())
            .field("response", &self.response.len())
            .field("api_request", &self.api_request.len())
            .finish()
    }
}
