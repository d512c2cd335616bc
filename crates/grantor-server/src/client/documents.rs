//! Clients whose identifier is the URL of their metadata document
//! (draft-ietf-oauth-client-id-metadata-document).

use std::sync::Arc;
use std::time::Duration;

use grantor_core::{
    BoxFuture, ClientIdUrl, ClientMetadata, Environment, ErrorCode, InvalidClientIdUrl,
};
use grantor_http::{Addresses, freshness};
use grantor_jose::check::holds;
use http::request::Parts;
use http::{HeaderMap, header};

use super::self_described::SelfDescribed;
use super::{Clients, Credentials, Registered, RegisteredBy};
use crate::config::MetadataDocuments;
use crate::error::Error;
use crate::fetch::{Documents, FetchError, Fetcher, Freshness};
use crate::limits::{DOCUMENTS, Limits};

/// The document, in the words of a refusal.
const DOCUMENT: &str = "the metadata document of the client";

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
        if !holds("document.host", self.allowed.has(url.host())) {
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
            Err(error) => Err(error.refusing(DOCUMENT)),
        }
    }

    /// Counts a document against where a request comes from, so that one caller can't use up what may be
    /// fetched from a host.
    async fn count(&self, request: &Parts) -> Result<(), Error> {
        match self.limits.try_from(request, &DOCUMENTS).await? {
            true => Ok(()),
            false => Err(FetchError::TooMany.refusing(DOCUMENT)),
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
    if !is_json(answer.headers()) {
        let why = "its content type is neither application/json nor one that ends with +json";
        return Err(malformed(why.to_owned()));
    }
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

/// Whether a host calls a document JSON, once and whatever its parameters are (section 4.1). Another
/// file of the host, such as a picture that a user uploaded, is no document.
fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let media_type = value.to_str().unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default();
    let media_type = media_type.trim().to_ascii_lowercase();
    let Some((kind, subtype)) = media_type.split_once('/') else {
        return false;
    };
    // RFC 6838 section 4.2.
    let is_name = |name: &str| {
        let of_name = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
        !name.is_empty() && name.bytes().all(of_name)
    };
    let prefix = subtype.strip_suffix("+json");
    media_type == "application/json" || is_name(kind) && prefix.is_some_and(is_name)
}

fn text_of(error: &Error) -> String {
    let (_, response) = error.to_wire();
    response.description.unwrap_or_default()
}

fn refused(why: &str) -> Error {
    Error::refused(ErrorCode::InvalidClient, format!("\"client_id\": {why}"))
}
