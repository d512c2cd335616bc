//! The index of grants by their subject.

use grantor_core::Timestamp;
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};

use super::{Grant, Grants};
use crate::config::Lifetime;
use crate::error::Error;
use crate::identifier::Identifier;

/// A grant of a subject, as a listing has it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ListedGrant {
    /// Its identifier: [`Target::Grant`](crate::Target::Grant) takes its text.
    pub id: Identifier,
    /// The grant.
    pub grant: Grant,
}

/// The mark that a subject has a grant, under a key that begins with the subject. The grant is read
/// too, since it may have ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct GrantOfSubject {
    grant: Identifier,
    /// Never, if absent: until the grant ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

impl Record for GrantOfSubject {
    const KIND: Kind = kinds::GRANTS_BY_SUBJECT;
    const NAME: &'static str = "a grant in the list of its subject";

    fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

/// How many entries of a list are read at once.
const PAGE: usize = 100;

/// When the entry of a grant that never ends goes.
const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

impl Grants {
    /// Puts a grant on the list of its subject, if it is not there for as long as it may be valid.
    /// Until when it is on the list now.
    ///
    /// A grant whose refresh token is used again and again is put on the list once in `ahead`. The
    /// list decides nothing: a store that fails to keep it refuses no token, and the next use of the
    /// refresh token tries again.
    pub(crate) async fn list_by_subject(
        &self,
        id: Identifier,
        grant: &Grant,
        ahead: Lifetime,
    ) -> Timestamp {
        let expires_at = grant.expires_at.unwrap_or(NEVER);
        // One that had no end has one now, and would stay on the list.
        let outstays = grant.listed_until == NEVER && grant.expires_at.is_some();
        if expires_at <= grant.listed_until && !outstays {
            return grant.listed_until;
        }
        let ahead = ahead.duration().unwrap_or_default();
        let entry = GrantOfSubject {
            grant: id,
            expires_at: grant.expires_at.map(|at| at + ahead),
        };
        let records = &self.by_subject;
        let key = records.key_under_id(&grant.subject, id.as_bytes());
        match records.overwrite(&key, &entry).await {
            Ok(()) => entry.expires_at.unwrap_or(NEVER),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a grant is missing in the list of its subject"
                );
                grant.listed_until
            }
        }
    }

    /// Takes a grant that has ended off the list, if nothing else does. What stays there decides nothing.
    pub(super) async fn unlist(&self, id: Identifier, grant: &Grant) {
        if grant.listed_until < NEVER {
            return;
        }
        let records = &self.by_subject;
        let key = records.key_under_id(&grant.subject, id.as_bytes());
        if let Err(error) = records.remove(&key).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a grant that has ended stays in the list of its subject"
            );
        }
    }

    /// The valid grants of a subject that have tokens, the oldest first.
    pub(crate) async fn of_subject(&self, subject: &str) -> Result<Vec<ListedGrant>, Error> {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = self.by_subject.page_under(subject, after.as_ref(), PAGE);
            let page = page.await?.ok_or_else(|| {
                let name = self.by_subject.store().capabilities().name;
                Error::Internal(format!("{name} keeps the lists of grants, and can't list"))
            })?;
            for (_, entry) in page.records {
                let id = entry.record.grant;
                let Some(found) = self.find(id).await? else {
                    continue;
                };
                let grant = found.record;
                if grant.is_live() && grant.subject == subject && self.is_current(&grant).await? {
                    listed.push(ListedGrant { id, grant });
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(listed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<GrantOfSubject>();
    }
}
