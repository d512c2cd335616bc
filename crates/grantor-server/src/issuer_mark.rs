//! Which issuer the records of a namespace belong to.

use grantor_core::{Issuer, Timestamp};
use grantor_store::{Kind, Record, Records, kinds};
use serde::{Deserialize, Serialize};

use crate::build_error::BuildError;

/// Written by the first server, and compared by each one after it: two issuers with the same records
/// would take each other's codes, sessions and refresh tokens.
#[derive(Serialize, Deserialize)]
pub(crate) struct IssuerMark {
    issuer: String,
}

impl Record for IssuerMark {
    const KIND: Kind = kinds::ISSUER_MARK;
    const NAME: &'static str = "the mark of the issuer";

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

/// Marks the records as those of `issuer`, or makes sure that they are.
pub(crate) async fn check(
    records: &Records<IssuerMark>,
    issuer: &Issuer,
) -> Result<(), BuildError> {
    let key = records.key(&[]);
    let own = IssuerMark {
        issuer: issuer.to_string(),
    };
    let mut mark = records.get(&key).await?;
    if mark.is_none() {
        if records.create(&key, &own).await?.is_ok() {
            return Ok(());
        }
        mark = records.get(&key).await?;
    }
    match mark.map(|versioned| versioned.record.issuer) {
        Some(other) if other != own.issuer => Err(BuildError::new(vec![format!(
            "these records belong to the issuer {other}, and this server is {issuer}: serve it as \
             {other}, or give it records of its own. To give the records to {issuer} for good, make \
             a backup and restore it without grants; clients and users stay, and users sign in again"
        )])),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<IssuerMark>();
    }
}
