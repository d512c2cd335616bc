//! The middleware of a protected route.
//!
//! The tower layer decides on the head of a request alone, in front of a service that only says that a
//! request was admitted. So the layer is the same for every framework, and what it must be able to send
//! between threads is a head, and neither a body nor the application's service.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::EitherBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{Error, HttpMessage, HttpResponse};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use grantor_resource::{AccessToken, Protect, Protected};
use http::{HeaderMap, Request, Response};
use tower_layer::Layer;
use tower_service::Service as TowerService;

use crate::convert;

/// The middleware of [`ProtectExt::middleware`](crate::ProtectExt::middleware).
#[derive(Debug, Clone)]
pub struct ProtectMiddleware {
    gate: Protected<Admitted>,
}

impl ProtectMiddleware {
    pub(crate) fn new(protect: &Protect) -> Self {
        Self {
            gate: protect.layer(Admitted),
        }
    }
}

/// Says that the layer around it admitted a request: its answer carries the token.
#[derive(Debug, Clone)]
struct Admitted;

impl TowerService<Request<()>> for Admitted {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Bytes>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<()>) -> Self::Future {
        let mut answer = Response::new(Bytes::new());
        if let Some(token) = request.extensions_mut().remove::<AccessToken>() {
            answer.extensions_mut().insert(token);
        }
        ready(Ok(answer))
    }
}

impl<S, B> Transform<S, ServiceRequest> for ProtectMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = ProtectedService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(ProtectedService {
            inner: Rc::new(service),
            gate: self.gate.clone(),
        }))
    }
}

/// A service behind [`ProtectMiddleware`].
pub struct ProtectedService<S> {
    inner: Rc<S>,
    gate: Protected<Admitted>,
}

impl<S> fmt::Debug for ProtectedService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProtectedService").finish_non_exhaustive()
    }
}

impl<S, B> Service<ServiceRequest> for ProtectedService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let mut gate = self.gate.clone();
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            let Ok(mut head) = convert::request(request.head()) else {
                let malformed = HttpResponse::BadRequest().finish();
                return Ok(request.into_response(malformed).map_into_right_body());
            };
            // What a middleware further out has admitted is not verified again.
            let outer = request.extensions().get::<AccessToken>().cloned();
            if let Some(outer) = outer {
                head.extensions_mut().insert(outer);
            }
            let Ok(mut answer) = gate.call(head).await;
            let Some(token) = answer.extensions_mut().remove::<AccessToken>() else {
                let refused = convert::answer(answer);
                return Ok(request.into_response(refused).map_into_right_body());
            };
            request.extensions_mut().insert(token);
            // Logs leave the value out.
            if let Some(value) = request.headers_mut().get_mut(header::AUTHORIZATION) {
                value.set_sensitive(true);
            }
            let mut served = inner.call(request).await?;
            add_headers(served.headers_mut(), answer.headers());
            Ok(served.map_into_left_body())
        })
    }
}

/// Adds what the layer says to admitted requests: the nonce of the next proof, and that an answer with
/// one is not stored, unless the handler says otherwise (RFC 9449 section 8.2).
fn add_headers(served: &mut header::HeaderMap, added: &HeaderMap) {
    for (name, value) in added {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        let (Ok(name), Ok(value)) = (name, value) else {
            continue;
        };
        if name != header::CACHE_CONTROL || !served.contains_key(&name) {
            served.insert(name, value);
        }
    }
}
