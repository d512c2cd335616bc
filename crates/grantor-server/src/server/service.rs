//! The server as a `tower` service.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use grantor_core::{ErrorCode, Params};
use grantor_jose::check::holds;
use http::request::Parts;
use http::{Method, Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower_service::Service;

use super::caller::{Caller, identify};
use super::{Assembled, Server};
use crate::client::authentication::AuthenticationFailure;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::http::fault::{self, Place};
use crate::http::{Call, Reply, read_form, read_json, without_repeated};
use crate::router::cors;
use crate::router::endpoints::{self, Authentication, Cors, Endpoint, Faults};
use crate::state::State;

impl<B> Service<Request<B>> for Server
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let assembled = Arc::clone(&self.0);
        let (head, body) = request.into_parts();
        // A block holds what it captures once, and a function its arguments twice. The future stays below
        // what allocators are quick for; the body is passed on by reference for the same reason.
        Box::pin(async move {
            let body = pin!(body);
            Ok(answer(&assembled, &head, body).await.into_response())
        })
    }
}

async fn answer<B>(assembled: &Assembled, head: &Parts, body: Pin<&mut B>) -> Reply
where
    B: Body,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    let Some(endpoint) = assembled.routes.find(head.uri.path()) else {
        return Reply::not_found();
    };
    if !endpoint.methods.contains(&head.method) {
        return if head.method == Method::OPTIONS && endpoint.cors != Cors::No {
            cors::preflight(endpoint)
        } else {
            Reply::method_not_allowed(endpoint.methods)
        };
    }
    let services = &assembled.state.services;
    services.events.tell(&Event {
        endpoint: Some(endpoint.name),
        ..Event::new(EventKind::RequestReceived)
    });
    let mut caller = Caller::default();
    let mut reply = match run(&assembled.state, endpoint, head, body, &mut caller).await {
        Ok(reply) => reply,
        Err(error) => {
            let reason = caller.failure.map(AuthenticationFailure::describe);
            let place = Place {
                endpoint: endpoint.name,
                client_id: caller.id(),
                reason: reason.as_deref(),
            };
            match endpoint.faults {
                Faults::Json => fault::json(services, place, &error),
                Faults::Page => fault::page(services, place, &error),
            }
        }
    };
    cors::apply(
        endpoint,
        &head.headers,
        caller.client.as_deref(),
        &mut reply,
    );
    reply
}

async fn run<B>(
    state: &State,
    endpoint: &Endpoint,
    head: &Parts,
    body: Pin<&mut B>,
    caller: &mut Caller,
) -> Result<Reply, Error>
where
    B: Body,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    let services = &state.services;
    let (form, json) = match endpoint.body {
        endpoints::Body::Form => (read_form(head, body).await?, Bytes::new()),
        endpoints::Body::Json => {
            let query = head.uri.query().unwrap_or_default();
            let query = Bytes::copy_from_slice(query.as_bytes());
            // Rare, and boxed to leave no room for it in the future of every request.
            (query, Box::pin(read_json(head, body)).await?)
        }
        endpoints::Body::Nothing => (Bytes::new(), Bytes::new()),
    };
    let (params, malformed) = match Params::parse(&form) {
        Ok(params) => (params, None),
        Err(error) if endpoint.faults == Faults::Page => (without_repeated(&form), Some(error)),
        Err(error) => return Err(Error::invalid_request(error.to_string())),
    };
    let mut call = Call {
        head,
        params,
        malformed,
        body: json,
        client: None,
        grant: OnceLock::new(),
        now: services.environment.now(),
    };
    if endpoint.authentication != Authentication::Nobody {
        let client = identify(services, &call, caller).await?;
        let needs_secret = endpoint.authentication == Authentication::ConfidentialClient;
        let may_call = !needs_secret || !client.is_public();
        if !holds("introspection.confidential", may_call) {
            let description = "a public client can't use this endpoint: it has no credentials";
            return Err(Error::refused(ErrorCode::InvalidClient, description));
        }
        call.client = Some(client);
    }
    (endpoint.run)(state, &call).await
}
