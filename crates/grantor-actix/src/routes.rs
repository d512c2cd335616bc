//! The server's endpoints as a service of an application.

use std::fmt;
use std::pin::pin;
use std::rc::Rc;

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::error::PayloadError;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::poll_fn;
use grantor_core::PeerAddress;
use grantor_server::Server;
use http::Extensions;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use tokio::sync::mpsc;
use tower_service::Service;

use crate::convert;

type Extend = Rc<dyn Fn(&HttpRequest, &mut Extensions)>;

/// The routes of [`ServerExt::routes`](crate::ServerExt::routes).
#[derive(Clone)]
pub struct Routes {
    server: Server,
    extend: Option<Extend>,
}

impl Routes {
    pub(crate) fn new(server: Server) -> Self {
        Self {
            server,
            extend: None,
        }
    }

    /// Hands more than the head of a request over to the server: `extend` fills the extensions that the
    /// site sees from what middlewares of the application left in those of actix-web, a session for
    /// instance.
    #[must_use]
    pub fn extensions(self, extend: impl Fn(&HttpRequest, &mut Extensions) + 'static) -> Self {
        Self {
            extend: Some(Rc::new(extend)),
            ..self
        }
    }

    async fn answer(mut self, request: HttpRequest, payload: web::Payload) -> HttpResponse {
        let Ok(mut head) = convert::request(request.head()) else {
            return HttpResponse::BadRequest().finish();
        };
        let set = request.extensions().get::<PeerAddress>().copied();
        let peer = set.or_else(|| request.peer_addr().map(|peer| PeerAddress(peer.ip())));
        if let Some(peer) = peer {
            head.extensions_mut().insert(peer);
        }
        if let Some(extend) = &self.extend {
            extend(&request, head.extensions_mut());
        }
        // What is sent between threads has to be `Send`, which the payload of actix-web is not.
        let (sender, mut receiver) = mpsc::channel(1);
        let body = StreamBody::new(poll_fn(move |cx| receiver.poll_recv(cx)));
        let answering = pin!(self.server.call(head.map(|()| body)));
        let Ok(answer) = match select(answering, pin!(feed(payload, sender))).await {
            // The server read as much as it wanted to.
            Either::Left((answer, _)) => answer,
            Either::Right(((), answering)) => answering.await,
        };
        let (head, body) = answer.into_parts();
        let Ok(body) = body.collect().await;
        convert::answer(http::Response::from_parts(head, body.to_bytes()))
    }
}

/// Passes the payload on, one piece at a time, until it ends or the reader of the body is dropped.
async fn feed(mut payload: web::Payload, body: mpsc::Sender<Result<Frame<Bytes>, PayloadError>>) {
    while let Some(piece) = payload.next().await {
        if body.send(piece.map(Frame::data)).await.is_err() {
            return;
        }
    }
}

impl HttpServiceFactory for Routes {
    fn register(self, config: &mut AppService) {
        let paths = self.server.paths();
        let answer = move |request: HttpRequest, payload: web::Payload| {
            self.clone().answer(request, payload)
        };
        web::resource(paths).to(answer).register(config);
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes").finish_non_exhaustive()
    }
}
