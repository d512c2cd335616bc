//! The memory of used proofs (RFC 9449 section 11.1).

use std::time::Duration;

use grantor_core::Timestamp;
use grantor_jose::dpop::Proof;
use grantor_store::{Error, Kind, Record, Records, kinds};
use serde::{Deserialize, Serialize};

/// The mark that a proof was used. Its key is a hash of the thumbprint and the `jti`, so that no
/// client disturbs another one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct UsedProof {
    expires_at: Timestamp,
}

impl Record for UsedProof {
    const KIND: Kind = kinds::DPOP_PROOFS;
    const NAME: &'static str = "a used DPoP proof";

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// Returns whether the proof is new. One conditional put decides, so that of two requests with
/// one proof one passes, whichever process they come to.
pub(super) async fn redeem(used: &Records<UsedProof>, proof: &Proof) -> Result<bool, Error> {
    // A thumbprint has no dot.
    let key = used.key_of_name(&format!("{}.{}", proof.thumbprint, proof.jwt_id));
    let record = UsedProof {
        // The proof is good up to and including that moment, a record until its end.
        expires_at: proof.remember_until + Duration::from_secs(1),
    };
    Ok(used.create(&key, &record).await?.is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<UsedProof>();
    }
}
