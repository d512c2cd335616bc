use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use grantor_http::TransportError;
use grantor_server::{MetadataDocuments, ServerBuilder};
use grantor_store::MemoryStore;
use grantor_testkit::FakeTransport;
use http::Response;
use serde_json::{Value, json};

use super::{Fixture, Who};

/// The documents that a server may fetch, and what it fetched.
#[derive(Clone)]
pub(crate) struct Web {
    documents: Arc<Mutex<HashMap<String, Document>>>,
    transport: FakeTransport,
}

#[derive(Clone)]
struct Document {
    status: u16,
    body: Bytes,
    cache_control: Option<&'static str>,
    content_type: &'static str,
}

/// A client that is the URL of its document.
pub(crate) const DOCUMENT: Who = Who {
    id: "https://client.example/oauth/client.json",
    secret: None,
    redirect_uri: "https://client.example/cb",
};

/// A name that resolves to a private address, which the transport refuses.
pub(crate) const PRIVATE_NAME: &str = "db.internal.example";

impl Web {
    /// With the document of [`DOCUMENT`].
    pub(crate) fn new() -> Self {
        let documents: Arc<Mutex<HashMap<String, Document>>> = Arc::default();
        let served = Arc::clone(&documents);
        let transport = FakeTransport::new(move |request| {
            let found = served
                .lock()
                .unwrap()
                .get(&request.uri().to_string())
                .cloned();
            std::future::ready(match found {
                Some(document) => {
                    let mut answer = Response::builder().status(document.status);
                    if !document.content_type.is_empty() {
                        answer = answer.header("content-type", document.content_type);
                    }
                    if let Some(value) = document.cache_control {
                        answer = answer.header("cache-control", value);
                    }
                    Ok(answer.body(document.body).unwrap())
                }
                None if request.uri().host() == Some(PRIVATE_NAME) => {
                    let message = "the name has no public address";
                    Err(TransportError::configuration(message))
                }
                None => Err(TransportError::unsent("nobody is there")),
            })
        });
        let web = Self {
            documents,
            transport: transport.to_public_addresses(),
        };
        web.publish(&document());
        web
    }

    /// Publishes the document of [`DOCUMENT`].
    pub(crate) fn publish(&self, document: &Value) {
        self.serve(DOCUMENT.id, 200, document.to_string(), None);
    }

    pub(crate) fn serve(
        &self,
        url: &str,
        status: u16,
        body: impl Into<Bytes>,
        cache_control: Option<&'static str>,
    ) {
        let document = Document {
            status,
            body: body.into(),
            cache_control,
            content_type: "application/json",
        };
        self.documents
            .lock()
            .unwrap()
            .insert(url.to_owned(), document);
    }

    /// Publishes the document of [`DOCUMENT`] with another content type; with none, if it is empty.
    pub(crate) fn serve_as(&self, content_type: &'static str) {
        let document = Document {
            status: 200,
            body: document().to_string().into(),
            cache_control: None,
            content_type,
        };
        let mut documents = self.documents.lock().unwrap();
        documents.insert(DOCUMENT.id.to_owned(), document);
    }

    /// Nobody answers any more.
    pub(crate) fn go_down(&self) {
        self.documents.lock().unwrap().clear();
    }

    /// How often something was fetched.
    pub(crate) fn fetched(&self) -> usize {
        self.transport.sent().len()
    }

    /// A server that takes clients of any host.
    pub(crate) async fn fixture(&self) -> Fixture {
        self.fixture_with(|builder| builder).await
    }

    pub(crate) async fn fixture_with(
        &self,
        finish: impl FnOnce(ServerBuilder) -> ServerBuilder,
    ) -> Fixture {
        let store = Arc::new(MemoryStore::new());
        Fixture::on(store, |builder| {
            let builder = builder.configure(|config| {
                config.metadata_documents = Some(MetadataDocuments::OfAnyHost);
            });
            finish(builder.transport_with(self.transport()))
        })
        .await
    }

    /// For [`ServerBuilder::transport_with`].
    pub(crate) fn transport(
        &self,
    ) -> impl Fn(grantor_http::Addresses) -> Result<FakeTransport, TransportError> + Send + Sync + 'static
    {
        let transport = self.transport.clone();
        move |_| Ok(transport.clone())
    }
}

/// The document of [`DOCUMENT`].
pub(crate) fn document() -> Value {
    json!({
        "client_id": DOCUMENT.id,
        "client_name": "An Agent",
        "redirect_uris": [DOCUMENT.redirect_uri, "http://127.0.0.1:3000/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    })
}
