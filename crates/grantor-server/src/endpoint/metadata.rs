//! Server metadata (RFC 8414), made once.

use bytes::Bytes;
use grantor_core::{BoxFuture, Issuer, ServerMetadata};

use crate::error::Error;
use crate::http::endpoints::{ENDPOINTS, Place};
use crate::http::{Call, Offer, Reply};
use crate::key::Keys;
use crate::services::Services;

/// The published documents.
#[derive(Debug)]
pub(crate) struct Published {
    metadata: Bytes,
    pub(super) keys: Bytes,
}

impl Published {
    pub(crate) fn new(issuer: &Issuer, offer: &Offer<'_>, keys: &Keys) -> Self {
        let mut metadata = ServerMetadata::new(issuer.clone());
        for endpoint in ENDPOINTS.iter().filter(|row| (row.exists)(offer)) {
            let url = match endpoint.place {
                Place::Below(path) => issuer.join(path),
                Place::WellKnown => issuer.url().clone(),
            };
            (endpoint.describe)(offer, url, &mut metadata);
        }
        Self {
            metadata: metadata.to_json().into(),
            keys: serde_json::to_vec(keys.public()).unwrap_or_default().into(),
        }
    }
}

pub(crate) fn run<'a>(
    services: &'a Services,
    _: &'a Call<'a>,
) -> BoxFuture<'a, Result<Reply, Error>> {
    let document = services.published.metadata.clone();
    Box::pin(std::future::ready(Ok(Reply::document(document))))
}
