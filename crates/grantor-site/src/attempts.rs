//! Limits on attempts to log in.

use grantor_jose::check::holds;
use grantor_server::{Bucket, Limits, SiteError};
use http::request::Parts;

use crate::accounts::Accounts;
use crate::error::Error;
use crate::known_browsers::KnownBrowsers;
use crate::user_name;

/// A login that is to be tried, before its password is looked at.
pub(super) struct Attempt<'a> {
    pub(super) limits: &'a Limits,
    pub(super) accounts: &'a Accounts,
    pub(super) browsers: &'a KnownBrowsers,
    /// The head of its request.
    pub(super) head: &'a Parts,
    pub(super) name: &'a str,
}

/// The admission of a login to its password check.
pub(super) enum Admission {
    /// It may, in the turn of `source`. The browser is known or not.
    Admitted { known: bool, source: String },
    /// Too many were tried.
    TooMany,
}

impl Attempt<'_> {
    /// Counts the attempt, before its password is hashed, so that one address can't fill the queue of
    /// those that wait. A browser that signed in before has a bucket of its own and no other, so that
    /// nobody else can lock it out.
    pub(super) async fn admit(&self) -> Result<Admission, SiteError> {
        if let Some(browser) = self.known_browser().await? {
            let within = self.is_within(Bucket::LoginsFromKnownBrowser, &browser);
            let source = format!("browser {browser}");
            return Ok(admission(within.await?, true, source));
        }
        if let Some(address) = self.limits.address(self.head)
            && !self.is_within(Bucket::LoginsFromAddress, &address).await?
        {
            return Ok(Admission::TooMany);
        }
        let name = self.account();
        let within = self.is_within(Bucket::LoginsToAccount, &name).await?;
        let source = self.limits.source(self.head);
        let source = source.unwrap_or_else(|| format!("account {name}"));
        Ok(admission(within, false, source))
    }

    /// Gives back an attempt whose password was right: it was no guess, and the count must not tell how
    /// often an account is used.
    pub(super) async fn give_back(&self) -> Result<(), SiteError> {
        let account = self.account();
        self.limits
            .give_back(Bucket::LoginsToAccount, &account)
            .await?;
        Ok(())
    }

    fn account(&self) -> String {
        user_name::normalize(self.name).unwrap_or_default()
    }

    async fn is_within(&self, bucket: Bucket, name: &str) -> Result<bool, SiteError> {
        Ok(holds(
            "login.limit",
            self.limits.try_now(bucket, name).await?,
        ))
    }

    async fn known_browser(&self) -> Result<Option<String>, SiteError> {
        let Some(cookie) = self.browsers.cookie().read(&self.head.headers) else {
            return Ok(None);
        };
        match self.accounts.named(self.name).await {
            Ok(Some(account)) => self.browsers.find(cookie, &account.subject).await,
            // A name that can't be one.
            Ok(None) | Err(Error::InvalidName) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn admission(within: bool, known: bool, source: String) -> Admission {
    match within {
        true => Admission::Admitted { known, source },
        false => Admission::TooMany,
    }
}
