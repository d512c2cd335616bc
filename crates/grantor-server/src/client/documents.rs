//! Clients whose identifier is the URL of their metadata document
//! (draft-ietf-oauth-client-id-metadata-document).

use std::sync::Arc;
use std::time::Duration;

use grantor_core::{
    BoxFuture, ClientIdUrl, ClientMetadata, Environment, ErrorCode, InvalidClientIdUrl,
};
use grantor_http::{Addresses, freshness};
use http::StatusCode;
use http::request::Parts;

use super::self_described::SelfDescribed;
use super::{Clients, Credentials, Registered, RegisteredBy};
use crate::config::MetadataDocuments;
use crate::error::{Error, Refusal};
use crate::fetch::{Documents, FetchError, Fetcher, Freshness};
use crate::limits::{Bucket, Limits};

/// Clients of another table, and those that are a URL and not in that table.
#[derive(Debug)]
pub(crate) struct DocumentClients {
    registered: Arc<dyn Clients>,
    fetcher: Fetcher,
    documents: Documents<Registered>,
    allowed: MetadataDocuments,
    rules: Arc<SelfDescribed>,
    limits: Limits,
}

/// The largest document that is read (section 6.6).
const MAX_DOCUMENT: usize = 5 * 1024;

/// Nothing of such a client is stored, so there is no other registration that its tokens could
/// belong to.
const EPOCH: &str = "document";

/// A document may say how long it is fresh, within a minute and a day.
const FRESHNESS: Freshness = Freshness {
    least: Duration::from_secs(60),
    most: Duration::from_secs(24 * 60 * 60),
    unsaid: Duration::from_secs(10 * 60),
    cooldown: Duration::from_secs(5),
};

impl DocumentClients {
    pub(crate) fn new(
        registered: Arc<dyn Clients>,
        fetcher: Fetcher,
        environment: Environment,
        allowed: MetadataDocuments,
        rules: SelfDescribed,
        limits: Limits,
    ) -> Self {
        Self {
            registered,
            fetcher,
            documents: Documents::new(environment, FRESHNESS),
            allowed,
            rules: Arc::new(rules),
            limits,
        }
    }

    async fn read(&self, id: &str, request: Option<&Parts>) -> Result<Option<Registered>, Error> {
        if !ClientIdUrl::is_meant_by(id) {
            return self.registered.find(id).await;
        }
        // An operator may have registered the URL, and what they say comes first (section 6.10).
        if let Some(registered) = self.registered.find(id).await? {
            return Ok(Some(registered));
        }
        let url = self.parse(id).map_err(|why| refused(&why.to_string()))?;
        if !self.allowed.has(url.host()) {
            return Err(refused("this server takes no clients of the URL's host"));
        }
        if let Some(request) = request
            && !self.documents.is_held(id)
        {
            self.count(request).await?;
        }
        let (fetcher, rules) = (self.fetcher.clone(), Arc::clone(&self.rules));
        let found = self.documents.get(id, move || fetch(fetcher, url, rules));
        match found.await {
            Ok(registered) => Ok(Some(Registered::clone(&registered))),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Counts a document against the address that a request comes from, so that one caller can't use up
    /// what may be fetched from a host.
    async fn count(&self, request: &Parts) -> Result<(), Error> {
        let Some(address) = self.limits.address(request) else {
            return Ok(());
        };
        let bucket = Bucket::DocumentsFromAddress;
        match self.limits.try_now(bucket, &address).await? {
            true => Ok(()),
            false => Err(unavailable(&FetchError::TooMany)),
        }
    }

    fn parse(&self, id: &str) -> Result<ClientIdUrl, InvalidClientIdUrl> {
        match self.fetcher.addresses() {
            Addresses::Public => ClientIdUrl::parse(id),
            _ => ClientIdUrl::danger_parse_with_loopback(id),
        }
    }

    /// Whether a client is one whose document would be asked for. It is not asked for: a document that
    /// can't be had now ends no token.
    fn takes(&self, id: &str) -> bool {
        self.parse(id).is_ok_and(|url| self.allowed.has(url.host()))
    }
}

impl Clients for DocumentClients {
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Registered>, Error>> {
        Box::pin(self.read(id, None))
    }

    fn find_for<'a>(
        &'a self,
        id: &'a str,
        request: &'a Parts,
    ) -> BoxFuture<'a, Result<Option<Registered>, Error>> {
        Box::pin(self.read(id, Some(request)))
    }

    fn is_resource<'a>(&'a self, resource: &'a str) -> BoxFuture<'a, Result<bool, Error>> {
        self.registered.is_resource(resource)
    }

    fn is_current<'a>(&'a self, id: &'a str, epoch: &'a str) -> BoxFuture<'a, Result<bool, Error>> {
        if epoch != EPOCH || !ClientIdUrl::is_meant_by(id) {
            return self.registered.is_current(id, epoch);
        }
        Box::pin(async move {
            // A registration of the URL replaces its document.
            let registered = self.registered.find(id).await?;
            Ok(registered.is_none() && self.takes(id))
        })
    }
}

async fn fetch(
    fetcher: Fetcher,
    url: ClientIdUrl,
    rules: Arc<SelfDescribed>,
) -> Result<(Registered, Option<Duration>), FetchError> {
    let answer = fetcher
        .get(url.url(), "application/json", MAX_DOCUMENT)
        .await?;
    let malformed = |why: String| FetchError::Malformed(why.into());
    let metadata = ClientMetadata::parse_document(answer.body(), &url);
    let metadata = metadata.map_err(|why| malformed(why.to_string()))?;
    if metadata.client_name.is_none() {
        // MCP 2026-07-28, client registration: the document has at least a name.
        return Err(malformed("it has no \"client_name\"".to_owned()));
    }
    let described = rules.client(url.as_str(), &metadata, RegisteredBy::Document);
    let mut client = described
        .map_err(|error| malformed(text_of(&error)))?
        .client;
    client.epoch = EPOCH.to_owned();
    // A client that signs has its keys in itself.
    let registered = Registered::new(client, Credentials::None);
    Ok((registered, freshness(answer.headers())))
}

fn text_of(error: &Error) -> String {
    let (_, response) = error.to_wire();
    response.description.unwrap_or_default()
}

fn refused(why: &str) -> Error {
    Error::refused(ErrorCode::InvalidClient, format!("\"client_id\": {why}"))
}

/// Why there is no client, for its developer. A document that can't be had now is no reason to
/// forget a client: the same request may succeed later.
fn unavailable(error: &FetchError) -> Error {
    tracing::info!(
        error = error as &dyn std::error::Error,
        "a client's metadata document can't be used"
    );
    if error.is_transient() {
        let description = format!("the metadata document of the client can't be had: {error}");
        let refusal = Refusal::new(ErrorCode::TemporarilyUnavailable, description);
        return refusal.with_status(StatusCode::SERVICE_UNAVAILABLE).into();
    }
    refused(&format!("its metadata document can't be used: {error}"))
}
