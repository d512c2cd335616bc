//! The public keys of authorization servers, fetched and kept.

use std::sync::Arc;

use bytes::Bytes;
use grantor_core::Clock;
use grantor_jose::KeySet;
use http::{HeaderValue, Request, StatusCode, header};
use url::Url;

use crate::freshness::freshness;
use crate::{Cached, Fetched, RefreshTimes, Transport, Unavailable};

/// The public keys that a peer publishes at a URL (RFC 7517 section 5).
///
/// Rotation is found in two ways: the set is renewed when it is old (its `Cache-Control` says when, or
/// else [`RefreshTimes::lifetime`]), and at once when a token names
/// a key that is not in it, though never sooner than [`RefreshTimes::cooldown`] after the last attempt,
/// so that a flood of invented keys costs the peer nothing.
#[derive(Debug, Clone)]
pub struct JwksCache(Cached<KeySet>);

impl JwksCache {
    /// The keys at `uri`, fetched when they are first needed.
    #[must_use]
    pub fn new(
        uri: &Url,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        refresh_times: RefreshTimes,
    ) -> Self {
        let uri = uri.clone();
        Self(Cached::new("key set", clock, refresh_times, move |_| {
            Box::pin(fetch(uri.clone(), transport.clone()))
        }))
    }

    /// The keys, if nobody has to wait for them. Sets off their renewal when that is due.
    #[must_use]
    pub fn peek(&self) -> Option<Arc<KeySet>> {
        self.0.peek()
    }

    /// The keys.
    ///
    /// # Errors
    /// They can't be fetched, and none are held that are young enough.
    pub async fn keys(&self) -> Result<Arc<KeySet>, Unavailable> {
        self.0.get().await
    }

    /// The keys after a token named one that is not in `seen`; `seen` itself if the last attempt is
    /// too recent to make another.
    ///
    /// # Errors
    /// The last attempt failed, so nobody knows whether there are newer keys.
    pub async fn newer_than(&self, seen: &Arc<KeySet>) -> Result<Arc<KeySet>, Unavailable> {
        self.0.newer_than(seen).await
    }
}

async fn fetch(uri: Url, transport: Arc<dyn Transport>) -> Result<Fetched<KeySet>, Unavailable> {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = uri.as_str().parse().unwrap_or_default();
    let accept = HeaderValue::from_static("application/jwk-set+json, application/json");
    let headers = request.headers_mut();
    headers.insert(header::ACCEPT, accept);
    let identity = HeaderValue::from_static("identity");
    headers.insert(header::ACCEPT_ENCODING, identity);
    let answer = transport.send(request).await.map_err(|error| {
        Unavailable::new("the keys of the issuer can't be reached").with_source(error)
    })?;
    if answer.status() != StatusCode::OK {
        return Err(Unavailable::new(format!(
            "\"jwks_uri\" answered with status {}",
            answer.status().as_u16()
        )));
    }
    if let Some(coding) = answer.headers().get(header::CONTENT_ENCODING)
        && coding != "identity"
    {
        return Err(Unavailable::new(format!(
            "\"jwks_uri\" answered with the content coding {coding:?}, which was not asked for"
        )));
    }
    let keys = KeySet::from_json(answer.body())
        .map_err(|error| Unavailable::new(format!("the key set of the issuer: {error}")))?;
    for skipped in keys.skipped() {
        tracing::debug!(index = skipped.index, reason = %skipped.reason, "a key is left out");
    }
    Ok(Fetched {
        fresh_for: freshness(answer.headers()),
        value: keys,
    })
}
