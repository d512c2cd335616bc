//! The one way out, with its limits.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use grantor_core::Environment;
use grantor_http::{Addresses, AnswerLimit, Cached};
use grantor_jose::KeySet;
use grantor_jose::check::holds;
use http::{HeaderValue, Request, Response, StatusCode, header};
use lru::LruCache;
use tokio::sync::Semaphore;
use url::Url;

use super::hosts::Hosts;
use super::{FetchError, OpenTransport, check_url};

/// Fetches documents and keys from URLs that clients name, within limits. Clones share everything.
///
/// A URL must be https without a user name. The connection goes to a public address, after
/// resolution and whatever the name leads to a moment later. Redirects are not followed. A document
/// has a limit of size and time. At most 32 are fetched at once, 4 of them from one host, and at most
/// 120 from one host in a minute.
///
/// [`Server::fetcher`](crate::Server::fetcher) gives that of a server.
#[derive(Clone)]
pub struct Fetcher(pub(super) Arc<Inner>);

pub(super) struct Inner {
    open: Arc<OpenTransport>,
    pub(super) addresses: Addresses,
    pub(super) environment: Environment,
    slots: Semaphore,
    hosts: Hosts,
    pub(super) keys: Mutex<LruCache<String, Cached<KeySet>>>,
}

/// How long a document may take, its connection included.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// How many documents are fetched at once.
const AT_ONCE: usize = 32;
/// How many key sets are kept.
const KEY_SETS: usize = 1000;

impl Fetcher {
    pub(crate) fn new(
        open: impl Into<Arc<OpenTransport>>,
        addresses: Addresses,
        environment: Environment,
    ) -> Self {
        let key_sets = NonZeroUsize::new(KEY_SETS).unwrap_or(NonZeroUsize::MIN);
        Self(Arc::new(Inner {
            open: open.into(),
            addresses,
            environment,
            slots: Semaphore::new(AT_ONCE),
            hosts: Hosts::default(),
            keys: Mutex::new(LruCache::new(key_sets)),
        }))
    }

    /// Another one over the same transport, with limits and keys of its own.
    pub(crate) fn apart(&self) -> Self {
        let inner = &*self.0;
        let environment = inner.environment.clone();
        Self::new(Arc::clone(&inner.open), inner.addresses, environment)
    }

    /// Whether it may connect to any address, which has a `danger_` name in the configuration.
    pub(crate) fn addresses(&self) -> Addresses {
        self.0.addresses
    }

    /// Opens its transport now, so that what is wrong with it is known at the start.
    ///
    /// # Errors
    /// The transport can't be opened, or may connect to addresses that it must not.
    pub(crate) fn open(&self) -> Result<(), FetchError> {
        self.0.open.get(self.0.addresses).map(drop)
    }

    /// The answer with status 200 of a GET at `url`, at most `limit` bytes long.
    ///
    /// # Errors
    /// The URL is refused, or there is no such answer.
    pub async fn get(
        &self,
        url: &Url,
        accept: &'static str,
        limit: usize,
    ) -> Result<Response<Bytes>, FetchError> {
        let mut request = Request::new(Bytes::new());
        let uri = url.as_str().parse();
        *request.uri_mut() = uri.map_err(|_| FetchError::Refused("the URL can't be requested"))?;
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        let identity = HeaderValue::from_static("identity");
        headers.insert(header::ACCEPT_ENCODING, identity);
        let answer = self.send_within(request, limit).await?;
        if !holds("fetch.status", answer.status() == StatusCode::OK) {
            return Err(FetchError::Status(answer.status().as_u16()));
        }
        let coding = answer.headers().get(header::CONTENT_ENCODING);
        if coding.is_some_and(|coding| coding != "identity") {
            let why = "it has a content coding that was not asked for";
            return Err(FetchError::Malformed(why.into()));
        }
        Ok(answer)
    }

    async fn send_within(
        &self,
        mut request: Request<Bytes>,
        limit: usize,
    ) -> Result<Response<Bytes>, FetchError> {
        let url = Url::parse(&request.uri().to_string());
        let url = url.map_err(|_| FetchError::Refused("the URL can't be read"))?;
        check_url(&url, self.0.addresses)?;
        let now = self.0.environment.clock.elapsed();
        let host = url.host_str().unwrap_or_default();
        let slot = self.0.slots.try_acquire();
        let _slot = slot.map_err(|_| FetchError::TooMany)?;
        let visit = self.0.hosts.visit(host, now);
        let _visit = visit.ok_or(FetchError::TooMany)?;
        let transport = self.0.open.get(self.0.addresses)?;
        request.extensions_mut().insert(AnswerLimit(limit));
        let answer = tokio::select! {
            answer = transport.send(request) => answer,
            () = grantor_http::pause(&self.0.environment, TIME_LIMIT) => {
                return Err(FetchError::TooSlow);
            }
        };
        let answer = answer.map_err(|error| match error.is_too_long() {
            true => FetchError::TooLarge,
            false => FetchError::NoAnswer(Arc::new(error)),
        })?;
        match holds("fetch.size", answer.body().len() <= limit) {
            true => Ok(answer),
            false => Err(FetchError::TooLarge),
        }
    }
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher")
            .field("addresses", &self.0.addresses)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
