//! The cookie of browsers that are known to an account.

use std::time::Duration;

use grantor_core::{Environment, Issuer, Timestamp};
use grantor_server::{Cookie, CookieToken, SiteError};
use grantor_store::{Diagnostics, Kind, Record, Records, Stores, kinds};
use http::HeaderValue;
use serde::{Deserialize, Serialize};

const LIFETIME: Duration = Duration::from_secs(180 * 24 * 3600);
const PREFIX: &str = "gb_";

/// Browsers that somebody has signed in from. Others can't lock them out of that account.
#[derive(Debug)]
pub(super) struct KnownBrowsers {
    records: Records<KnownBrowserRecord>,
    environment: Environment,
    cookie: Cookie,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KnownBrowserRecord {
    hash: String,
    subject: String,
    expires_at: Timestamp,
}

impl Record for KnownBrowserRecord {
    const KIND: Kind = kinds::KNOWN_BROWSERS;
    const NAME: &'static str = "a known browser";

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl KnownBrowsers {
    pub(super) fn prepare(
        stores: &Stores,
        issuer: &Issuer,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        Some(Self {
            records: diagnostics.records(stores)?,
            environment: stores.environment().clone(),
            cookie: Cookie::new("known", issuer),
        })
    }

    /// Its cookie.
    pub(super) fn cookie(&self) -> &Cookie {
        &self.cookie
    }

    /// The identifier of the browser with this cookie, if `subject` has signed in from it.
    pub(super) async fn find(
        &self,
        cookie: &str,
        subject: &str,
    ) -> Result<Option<String>, SiteError> {
        let Some(cookie) = CookieToken::parse(PREFIX, cookie) else {
            return Ok(None);
        };
        let stored = self
            .records
            .get(&self.records.key(cookie.id().as_bytes()))
            .await?;
        let own = stored.filter(|s| cookie.matches(&s.record.hash) && s.record.subject == subject);
        Ok(own.map(|_| cookie.id().to_string()))
    }

    /// Remembers that `subject` has signed in. The cookie to set.
    pub(super) async fn remember(&self, subject: &str) -> Result<HeaderValue, SiteError> {
        let minted = CookieToken::mint(&self.environment);
        let record = KnownBrowserRecord {
            hash: minted.hash(),
            subject: subject.to_owned(),
            expires_at: self.environment.now() + LIFETIME,
        };
        let key = self.records.key(minted.id().as_bytes());
        if self.records.create(&key, &record).await?.is_err() {
            return Err(SiteError::new("an identifier was drawn twice"));
        }
        let text = minted.to_text(PREFIX);
        self.cookie.set(text.expose(), Some(LIFETIME))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<KnownBrowserRecord>();
    }
}
