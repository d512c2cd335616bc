//! Assertions that were used as grants (RFC 7523), each of which gives one token.

use grantor_core::Timestamp;
use grantor_store::{Diagnostics, Kind, Record, Records, Stores, kinds};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::grant::Deadline;

/// The assertions that were used.
#[derive(Debug)]
pub(crate) struct UsedAssertions(Records<UsedAssertion>);

/// That an assertion was used. Its key is a hash of its issuer and its `jti`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UsedAssertion {
    expires_at: Timestamp,
}

impl Record for UsedAssertion {
    const KIND: Kind = kinds::USED_ASSERTIONS;
    const NAME: &'static str = "a used assertion";

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl UsedAssertions {
    pub(crate) fn prepare(stores: &Stores, diagnostics: &mut Diagnostics) -> Option<Self> {
        diagnostics.records(stores).map(Self)
    }

    /// Uses an assertion. Whether nobody used it before: one conditional put decides.
    pub(crate) async fn use_once(
        &self,
        name: &str,
        expires_at: Timestamp,
        deadline: Deadline,
    ) -> Result<bool, Error> {
        let records = deadline.repeat(&self.0);
        let record = UsedAssertion { expires_at };
        let created = records.create(&records.key_of_name(name), &record).await?;
        Ok(created.is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<UsedAssertion>();
    }
}
