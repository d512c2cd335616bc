//! Who a user is: by their session, or by a name and a password within the limits.

use std::time::Duration;

use grantor_core::Secret;
use grantor_jose::check::holds;
use grantor_server::{Interaction, Login, SignIn, SiteError};
use http::StatusCode;
use http::request::Parts;

use super::AccountSite;
use crate::account_record::Account;
use crate::attempts::{Admission, Attempt};
use crate::error::Error;
use crate::pages;

impl AccountSite {
    pub(super) async fn signed_in(
        &self,
        interaction: &Interaction<'_>,
    ) -> Result<Option<Login>, SiteError> {
        let Some(cookie) = self.sessions.cookie().read(&interaction.request().headers) else {
            return Ok(None);
        };
        let Some((id, session)) = self.sessions.find(cookie).await? else {
            return Ok(None);
        };
        if !interaction.requirements().is_recent(session.auth_time) {
            return Ok(None);
        }
        let account = self.accounts.of_subject(&session.subject).await;
        let account = account?;
        // A session from before a change of the password is over.
        let account = account.filter(|account| {
            let is_after = session.auth_time >= account.password_set_at;
            holds("session.password_change", is_after)
        });
        let login = Login::new(session.subject, session.auth_time).in_session(id);
        Ok(account.map(|_| login.since(session.subject_epoch)))
    }

    /// Looks at a name and a password, within the limits.
    pub(super) async fn attempt(
        &self,
        head: &Parts,
        name: &str,
        password: &Secret,
    ) -> Result<Outcome, SiteError> {
        let attempt = Attempt {
            limits: &self.limits,
            accounts: &self.accounts,
            browsers: &self.browsers,
            head,
            name,
        };
        let Admission::Admitted { known, source } = attempt.admit().await? else {
            tracing::info!(target: "grantor::audit", "login refused: too many attempts");
            return Ok(Outcome::TooMany);
        };
        match self.accounts.verify_from(&source, name, password).await {
            Ok(Some(account)) => {
                if !known {
                    attempt.give_back().await?;
                }
                tracing::info!(target: "grantor::audit", subject = account.subject, "login");
                Ok(Outcome::Right { account, known })
            }
            Ok(None) => {
                tracing::info!(target: "grantor::audit", "login failed");
                Ok(Outcome::Wrong)
            }
            Err(Error::Busy) => {
                // Who tries again at once, as an attacker does, would take the time of everybody else.
                self.environment.clock.retry_pause(BUSY_PAUSE).await;
                Ok(Outcome::Busy)
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn sign_in(
        &self,
        interaction: &Interaction<'_>,
        name: &str,
        password: &Secret,
    ) -> Result<SignIn, SiteError> {
        let (account, known) = match self.attempt(interaction.request(), name, password).await? {
            Outcome::Right { account, known } => (account, known),
            other => {
                let page = pages::login(interaction, other.status(), name)?;
                return Ok(SignIn::Page(page));
            }
        };
        if let Some(old) = self.sessions.cookie().read(&interaction.request().headers) {
            self.sessions.replace(old).await?;
        }
        let (id, session, cookie) = self.sessions.begin(&account.subject).await?;
        let login = Login::new(session.subject, session.auth_time).in_session(id);
        let mut cookies = vec![cookie];
        if !known {
            cookies.push(self.browsers.remember(&account.subject).await?);
        }
        Ok(SignIn::SignedIn(login, cookies))
    }
}

/// How long a login that finds no place waits for its answer.
const BUSY_PAUSE: Duration = Duration::from_millis(250);

/// The outcome of a login.
pub(super) enum Outcome {
    Right {
        account: Account,
        /// True if the browser is known to belong to this user.
        known: bool,
    },
    Wrong,
    TooMany,
    Busy,
}

impl Outcome {
    /// The status of the page that shows it.
    fn status(&self) -> StatusCode {
        match self {
            Self::Right { .. } => StatusCode::OK,
            // Not 401, which would need a challenge: with Basic the browser opens a dialog.
            Self::Wrong => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

#[cfg(test)]
mod tests;
