//! The behaviour of the tokens: policy, callbacks, hooks, transport.

use std::future::ready;
use std::sync::Arc;

use bytes::Bytes;
use grantor_core::{BoxFuture, Environment};
use grantor_http::Transport;
use http::{Request, Response};
use tokio::runtime::Handle;

use super::TokensBuilder;
use crate::config::policy::Policy;
use crate::observe::event::{Event, EventListener};
use crate::observe::hooks::{ApiRequest, RequestKind};
use crate::observe::metrics::Metrics;
use crate::observe::token_change::TokenChange;
use crate::tokens::Tokens;

impl TokensBuilder {
    /// When tokens are renewed, and how patiently they are requested.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Calls this with every new token before anybody uses it: to store it, to notify others. Further
    /// callbacks are called after it. Tokens that another process fetched are not announced again.
    ///
    /// It must not block; what does belongs into [`on_change_async`](Self::on_change_async).
    pub fn on_change(self, callback: impl Fn(&TokenChange) + Send + Sync + 'static) -> Self {
        self.on_change_async(move |change| {
            callback(change);
            Box::pin(ready(()))
        })
    }

    /// Like [`on_change`](Self::on_change), and waits until it is done, for 10 s at most.
    ///
    /// ```no_run
    /// # async fn save(_: &grantor_client::TokenChange) {}
    /// # use grantor_client::Tokens;
    /// let tokens = Tokens::refresh_token("https://idp.example", "app", "rt")
    ///     .on_change_async(|change| Box::pin(async move { save(change).await }))
    ///     .build()?;
    /// # Ok::<(), grantor_client::Error>(())
    /// ```
    pub fn on_change_async(
        mut self,
        callback: impl for<'a> Fn(&'a TokenChange) -> BoxFuture<'a, ()> + Send + Sync + 'static,
    ) -> Self {
        self.on_change.add(callback);
        self
    }

    /// Calls this with everything that happens to the tokens. It must not block.
    pub fn on_event(mut self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.listener = Some(EventListener(Arc::new(listener)));
        self
    }

    /// Calls this with every request to the authorization server before it is sent, repeated ones
    /// included. Further hooks see what the ones before them left.
    ///
    /// The request carries secrets. A hook's changes are not checked again.
    pub fn on_request(
        self,
        hook: impl Fn(RequestKind, &mut Request<Bytes>) + Send + Sync + 'static,
    ) -> Self {
        self.on_request_async(move |call, request| {
            hook(call, request);
            Box::pin(ready(()))
        })
    }

    /// Like [`on_request`](Self::on_request), and waits until it is done.
    pub fn on_request_async(
        mut self,
        hook: impl for<'a> Fn(RequestKind, &'a mut Request<Bytes>) -> BoxFuture<'a, ()>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.hooks.add_request(hook);
        self
    }

    /// Calls this with every answer of the authorization server before it is read.
    pub fn on_response(
        self,
        hook: impl Fn(RequestKind, &mut Response<Bytes>) + Send + Sync + 'static,
    ) -> Self {
        self.on_response_async(move |call, response| {
            hook(call, response);
            Box::pin(ready(()))
        })
    }

    /// Like [`on_response`](Self::on_response), and waits until it is done.
    pub fn on_response_async(
        mut self,
        hook: impl for<'a> Fn(RequestKind, &'a mut Response<Bytes>) -> BoxFuture<'a, ()>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.hooks.add_response(hook);
        self
    }

    /// Calls this with every request to an API before its token is put on, on every door.
    pub fn on_api_request(
        self,
        hook: impl Fn(&mut ApiRequest<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.on_api_request_async(move |request| {
            hook(request);
            Box::pin(ready(()))
        })
    }

    /// Like [`on_api_request`](Self::on_api_request), and waits until it is done.
    pub fn on_api_request_async(
        mut self,
        hook: impl for<'a, 'b> Fn(&'a mut ApiRequest<'b>) -> BoxFuture<'a, ()> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.add_api_request(hook);
        self
    }

    /// Counts what happens there too.
    pub fn metrics(mut self, metrics: impl Metrics) -> Self {
        self.metrics = Some(Arc::new(metrics));
        self
    }

    /// Sends requests to the authorization server in another way than over reqwest.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Takes time and randomness from elsewhere than the system.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Shares the thread, the connections, the metadata and the hooks of other tokens: for a program
    /// with many logins at one server, of which each has tokens of its own. Hooks of these tokens
    /// beside them are a mistake.
    pub fn share_with(mut self, others: &Tokens) -> Self {
        self.uses_foreign_services = true;
        self.services = Some(others.services().shared.clone());
        self
    }

    /// Renews on this runtime, which must have tokio's timer and IO enabled, instead of on a thread
    /// of its own. A runtime that is shut down while a refresh token is being renewed may lose it;
    /// call [`Tokens::close`](crate::Tokens::close) first.
    pub fn spawn_on(mut self, handle: Handle) -> Self {
        self.runtime = Some(handle);
        self
    }
}
