//! The services of a platform, by functions.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use grantor_client::TokensBuilder;
use grantor_http::Transport;
use grantor_testkit::FakeTransport;
use http::{Request, Response};

use crate::support::{API, ISSUER, World};

type Service = dyn Fn(&Request<Bytes>) -> Response<Bytes> + Send + Sync;

/// Services by the beginnings of their URLs, the first that fits; 404 elsewhere. The authorization server
/// of the world is one of them.
#[derive(Clone, Default)]
pub(crate) struct Cloud(Vec<(String, Arc<Service>)>);

impl Cloud {
    pub(crate) fn with(
        mut self,
        url: &str,
        service: impl Fn(&Request<Bytes>) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        self.0.push((url.to_owned(), Arc::new(service)));
        self
    }

    pub(crate) fn transport(self, world: &World) -> FakeTransport {
        let server = world.server.clone();
        FakeTransport::new(move |request| {
            let (server, services) = (server.clone(), self.0.clone());
            async move {
                let url = request.uri().to_string();
                if url.starts_with(ISSUER) {
                    return server.send(request).await;
                }
                let service = services.iter().find(|(prefix, _)| url.starts_with(prefix));
                Ok(match service {
                    Some((_, service)) => service(&request),
                    None => status(404),
                })
            }
        })
    }

    /// Tokens over these services, and what was sent to them.
    pub(crate) fn tokens(
        self,
        world: &World,
        builder: TokensBuilder,
    ) -> (TokensBuilder, FakeTransport) {
        let transport = self.transport(world);
        let builder = world.thread(builder).transport(transport.clone());
        (builder.allow_origin(API), transport)
    }
}

pub(crate) fn status(status: u16) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .body(Bytes::new())
        .unwrap()
}

pub(crate) fn text(text: &str) -> Response<Bytes> {
    Response::new(Bytes::copy_from_slice(text.as_bytes()))
}

pub(crate) fn header<'a>(request: &'a Request<Bytes>, name: &str) -> &'a str {
    let value = request.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

pub(crate) fn query(request: &Request<Bytes>) -> HashMap<String, String> {
    let query = request.uri().query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

pub(crate) fn form(request: &Request<Bytes>) -> HashMap<String, String> {
    url::form_urlencoded::parse(request.body())
        .into_owned()
        .collect()
}

/// Variables of the environment.
pub(crate) fn variables(
    all: &[(&str, &str)],
) -> impl Fn(&str) -> Option<String> + Send + Sync + 'static {
    let all: HashMap<String, String> = all
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    move |name| all.get(name).cloned()
}
