//! Limits by where a request comes from: its address, its network, or nowhere that is known.

use http::request::Parts;

use super::{Bucket, Limits};
use crate::error::Error;

/// The buckets of something that is limited by where it comes from.
pub(crate) struct BySource {
    address: Bucket,
    /// For an IPv6 /48, in which one attacker may have 65,536 networks of /64.
    network: Bucket,
    /// For all whose address is not known; without it they have no limit.
    unknown: Option<Bucket>,
}

/// User codes that are typed in.
pub(crate) const USER_CODES: BySource = BySource {
    address: Bucket::UserCodesFromAddress,
    network: Bucket::UserCodesFromNetwork,
    unknown: Some(Bucket::UserCodesWithoutAddress),
};

/// Requests that are kept. All whose address is not known are many users behind a proxy, or on this
/// machine, and would keep each other out.
pub(crate) const KEPT_REQUESTS: BySource = BySource {
    address: Bucket::KeptRequestsFromAddress,
    network: Bucket::KeptRequestsFromNetwork,
    unknown: None,
};

/// Clients that register themselves.
pub(crate) const REGISTRATIONS: BySource = BySource {
    address: Bucket::Registrations,
    network: Bucket::RegistrationsFromNetwork,
    unknown: Some(Bucket::RegistrationsWithoutAddress),
};

/// Metadata documents that are fetched. What is fetched at once is limited for all together, so a bucket
/// of those without an address would only let one of them keep out the others sooner.
#[cfg(feature = "fetch")]
pub(crate) const DOCUMENTS: BySource = BySource {
    address: Bucket::DocumentsFromAddress,
    network: Bucket::DocumentsFromNetwork,
    unknown: None,
};

impl Limits {
    /// Counts a try of a request, and says whether it is within the limits of where it comes from.
    pub(crate) async fn try_from(&self, head: &Parts, buckets: &BySource) -> Result<bool, Error> {
        let Some(address) = self.address(head) else {
            return match buckets.unknown {
                Some(bucket) => self.try_now(bucket, "").await,
                None => Ok(true),
            };
        };
        let mut within = self.try_now(buckets.address, &address).await?;
        if let Some(network) = self.network(head) {
            within &= self.try_now(buckets.network, &network).await?;
        }
        Ok(within)
    }
}
