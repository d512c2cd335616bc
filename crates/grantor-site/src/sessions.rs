//! The sessions of browsers.

use std::time::Duration;

use grantor_core::{Environment, Issuer, Timestamp};
use grantor_server::{BuildError, Cookie, CookieToken, RevocationEpoch, SiteError, Subjects};
use grantor_store::{Diagnostics, Kind, Record, Records, Stores, kinds};
use http::HeaderValue;
use serde::{Deserialize, Serialize};

mod by_subject;

use by_subject::SessionOfSubject;

use crate::error::Error;

const LIFETIME: Duration = Duration::from_secs(12 * 3600);
const PREFIX: &str = "gs_";

/// The sessions of browsers.
#[derive(Debug)]
pub(crate) struct Sessions {
    records: Records<SessionRecord>,
    by_subject: Records<SessionOfSubject>,
    subjects: Subjects,
    environment: Environment,
    cookie: Cookie,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SessionRecord {
    hash: String,
    pub(crate) subject: String,
    /// The subject's epoch at the login: ending the subject signs them out too.
    #[serde(default)]
    pub(crate) subject_epoch: RevocationEpoch,
    pub(crate) auth_time: Timestamp,
    expires_at: Timestamp,
}

impl Record for SessionRecord {
    const KIND: Kind = kinds::SESSIONS;
    const NAME: &'static str = "a session";

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl Sessions {
    pub(crate) fn prepare(
        stores: &Stores,
        issuer: &Issuer,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let records = diagnostics.records(stores);
        let by_subject = diagnostics.records(stores);
        let subjects = Subjects::open(stores);
        let problems = subjects.as_ref().err().map(BuildError::problems);
        let problems = problems.unwrap_or_default().to_vec();
        diagnostics.problems.extend(problems);
        Some(Self {
            cookie: Cookie::new("session", issuer),
            records: records?,
            by_subject: by_subject?,
            subjects: subjects.ok()?,
            environment: stores.environment().clone(),
        })
    }

    /// Begins a session, always a new one: a session that was there before the login is nobody's.
    pub(crate) async fn begin(
        &self,
        subject: &str,
    ) -> Result<(String, SessionRecord, HeaderValue), SiteError> {
        let now = self.environment.now();
        let minted = CookieToken::mint(&self.environment);
        let record = SessionRecord {
            hash: minted.hash(),
            subject: subject.to_owned(),
            subject_epoch: self.subjects.epoch(subject).await?,
            auth_time: now,
            expires_at: now + LIFETIME,
        };
        self.list(minted.id(), &record).await?;
        let key = self.records.key(minted.id().as_bytes());
        if self.records.create(&key, &record).await?.is_err() {
            return Err(SiteError::new("an identifier was drawn twice"));
        }
        let text = minted.to_text(PREFIX);
        let set = self.cookie.set(text.expose(), Some(LIFETIME))?;
        Ok((minted.id().to_string(), record, set))
    }

    /// The session of a cookie, if neither it nor its subject was ended.
    pub(crate) async fn find(
        &self,
        cookie: &str,
    ) -> Result<Option<(String, SessionRecord)>, SiteError> {
        let Some(cookie) = CookieToken::parse(PREFIX, cookie) else {
            return Ok(None);
        };
        let key = self.records.key(cookie.id().as_bytes());
        let loaded = self.records.get(&key).await?;
        let found = loaded.map(|l| l.record).filter(|r| cookie.matches(&r.hash));
        let Some(record) = found else {
            return Ok(None);
        };
        let id = cookie.id().to_string();
        let (subject, epoch) = (&record.subject, &record.subject_epoch);
        let is_current = self.subjects.is_session_current(&id, subject, epoch);
        Ok(is_current.await?.then_some((id, record)))
    }

    /// Removes the session of a cookie that another one replaces. The tokens issued in it stay valid:
    /// the user has not signed out.
    pub(crate) async fn replace(&self, cookie: &str) -> Result<(), Error> {
        let Some(cookie) = CookieToken::parse(PREFIX, cookie) else {
            return Ok(());
        };
        let key = self.records.key(cookie.id().as_bytes());
        let found = self.records.get(&key).await?.map(|found| found.record);
        if let Some(session) = found.filter(|session| cookie.matches(&session.hash)) {
            self.remove(cookie.id(), &session.subject).await?;
        }
        Ok(())
    }

    /// Their cookie.
    pub(crate) fn cookie(&self) -> &Cookie {
        &self.cookie
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<SessionRecord>();
    }
}
