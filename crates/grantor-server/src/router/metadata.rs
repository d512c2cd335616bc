//! The metadata document.

use grantor_core::{Issuer, ServerMetadata};

use super::endpoints::{Offer, Place};
use super::table::ENDPOINTS;

/// The metadata of a server: its issuer, and what the row of each endpoint adds.
pub(crate) fn metadata(issuer: &Issuer, offer: &Offer<'_>) -> ServerMetadata {
    let mut metadata = ServerMetadata::new(issuer.clone());
    for endpoint in ENDPOINTS.iter().filter(|row| (row.exists)(offer)) {
        let url = match endpoint.place {
            Place::Below(path) => issuer.join(path(&offer.config.paths)),
            Place::OfSite | Place::WellKnown => issuer.url().clone(),
        };
        (endpoint.describe)(offer, url, &mut metadata);
    }
    metadata
}
