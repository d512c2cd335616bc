//! Values that may be used once, such as proofs of possession.

use std::marker::PhantomData;

use grantor_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::kinds::{self, Kind};
use crate::record::Record;
use crate::records::Records;

/// Something that may be used once, such as a proof of possession: what its uses are remembered as.
pub trait UsedOnce: Send + Sync + 'static {
    /// The kind of its record.
    const KIND: Kind;
    /// The name of a use in messages.
    const NAME: &'static str;
}

/// Proofs of possession (RFC 9449 section 11.1).
#[derive(Debug, Clone, Copy)]
pub struct DpopProofs;

impl UsedOnce for DpopProofs {
    const KIND: Kind = kinds::DPOP_PROOFS;
    const NAME: &'static str = "a used DPoP proof";
}

/// Assertions that clients authenticate with (RFC 7523 section 3).
#[derive(Debug, Clone, Copy)]
pub struct ClientAssertions;

impl UsedOnce for ClientAssertions {
    const KIND: Kind = kinds::CLIENT_ASSERTIONS;
    const NAME: &'static str = "a used client assertion";
}

/// Assertions of trusted issuers that clients get tokens for (RFC 7523 section 2.1).
#[derive(Debug, Clone, Copy)]
pub struct GrantAssertions;

impl UsedOnce for GrantAssertions {
    const KIND: Kind = kinds::USED_ASSERTIONS;
    const NAME: &'static str = "a used assertion";
}

/// The mark that one thing was used. Its key is a hash of the thing's name.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Use<T> {
    expires_at: Timestamp,
    #[serde(skip)]
    of: PhantomData<fn() -> T>,
}

impl<T: UsedOnce> Record for Use<T> {
    const KIND: Kind = T::KIND;
    const NAME: &'static str = T::NAME;

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl<T: UsedOnce> Records<Use<T>> {
    /// Uses the thing of this name, and returns whether nobody has used it before: one conditional put decides, so
    /// that of two uses at once one succeeds, whichever process they come to.
    ///
    /// It is remembered until `remember_until`, this moment included. Later it must be refused for
    /// another reason, such as its age.
    ///
    /// # Errors
    /// The store can't say. Then the thing must be refused too.
    pub async fn use_once(&self, name: &str, remember_until: Timestamp) -> Result<bool, Error> {
        let record = Use {
            // The thing is good up to and including that moment, a record until its end.
            expires_at: remember_until + std::time::Duration::from_secs(1),
            of: PhantomData,
        };
        Ok(self.create(&self.key_of_name(name), &record).await?.is_ok())
    }
}

#[cfg(all(test, feature = "contract"))]
mod tests {
    use super::*;

    #[test]
    fn their_stored_formats_are_pinned() {
        crate::contract::assert_own_formats::<Use<DpopProofs>>();
        crate::contract::assert_own_formats::<Use<ClientAssertions>>();
        crate::contract::assert_own_formats::<Use<GrantAssertions>>();
    }
}
