//! The sessions of a user, found without a look at all sessions.

use grantor_core::Timestamp;
use grantor_server::{Identifier, SiteError};
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};

use super::{SessionRecord, Sessions};
use crate::error::Error;

/// That a subject has a session, under a key that begins with the subject.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SessionOfSubject {
    session: Identifier,
    expires_at: Timestamp,
}

impl Record for SessionOfSubject {
    const KIND: Kind = kinds::SESSIONS_BY_SUBJECT;
    const NAME: &'static str = "a session in the list of its subject";

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// How many entries of a list are read at once.
const PAGE: usize = 100;

impl Sessions {
    /// Puts a session on the list of its subject, before it begins: none is valid that the list lacks.
    pub(super) async fn list(
        &self,
        id: Identifier,
        session: &SessionRecord,
    ) -> Result<(), SiteError> {
        let entry = SessionOfSubject {
            session: id,
            expires_at: session.expires_at,
        };
        let key = self
            .by_subject
            .key_under_id(&session.subject, id.as_bytes());
        Ok(self.by_subject.overwrite(&key, &entry).await?)
    }

    /// Removes a session, and then its entry.
    pub(super) async fn remove(&self, id: Identifier, subject: &str) -> Result<bool, Error> {
        let removed = self
            .records
            .remove(&self.records.key(id.as_bytes()))
            .await?;
        let entry = self.by_subject.key_under_id(subject, id.as_bytes());
        self.by_subject.remove(&entry).await?;
        Ok(removed)
    }

    /// Ends every session of a subject. How many there were.
    pub(crate) async fn end_all(&self, subject: &str) -> Result<usize, Error> {
        let (mut ended, mut after) = (0, None);
        loop {
            let page = self.by_subject.page_under(subject, after.as_ref(), PAGE);
            let page = page.await?.ok_or_else(|| {
                let name = self.by_subject.store().capabilities().name;
                Error::Internal(format!(
                    "{name} keeps the lists of sessions, and can't list"
                ))
            })?;
            for (_, entry) in page.records {
                ended += usize::from(self.remove(entry.record.session, subject).await?);
            }
            after = page.next;
            if after.is_none() {
                return Ok(ended);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<SessionOfSubject>();
    }
}
