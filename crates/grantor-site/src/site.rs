//! The site with accounts.

use std::time::Duration;

use grantor_core::{BoxFuture, Environment, ErrorResponse, Issuer, Secret};
use grantor_jose::check::holds;
use grantor_server::{
    BuildError, Decision, DeviceAnswer, Interaction, Limits, Login, Page, PasswordAnswer,
    PasswordLogin, SignIn, Site, SiteError, SiteSetup, UserCodePrompt,
};
use grantor_store::{Diagnostics, Stores};
use http::StatusCode;
use http::request::Parts;

use crate::account_record::Account;
use crate::accounts::Accounts;
use crate::attempts::{Admission, Attempt};
use crate::error::Error;
use crate::known_browsers::KnownBrowsers;
use crate::pages::{self, CONSENT, LOGIN};
use crate::passwords::Passwords;
use crate::sessions::Sessions;

/// A site with accounts, sessions and pages, whose records are in the server's stores.
#[derive(Debug)]
pub struct AccountSite {
    accounts: Accounts,
    sessions: Sessions,
    browsers: KnownBrowsers,
    limits: Limits,
    environment: Environment,
}

impl AccountSite {
    /// The site of one issuer, in `stores`.
    ///
    /// # Errors
    /// The stores can't carry accounts or sessions.
    pub fn open(
        stores: &Stores,
        passwords: Passwords,
        issuer: &Issuer,
    ) -> Result<Self, BuildError> {
        let mut diagnostics = Diagnostics::default();
        let limits = Limits::new(stores);
        let site = Self::prepare(stores, passwords, issuer, limits, &mut diagnostics);
        site.ok_or_else(|| BuildError::new(diagnostics.problems))
    }

    /// Sets other limits than the default ones.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The site of a server that is being built, for
    /// [`ServerBuilder::site_with`](grantor_server::ServerBuilder::site_with).
    ///
    /// # Errors
    /// The stores can't carry accounts or sessions.
    pub fn for_server(setup: &SiteSetup<'_>) -> Result<Self, BuildError> {
        let site = Self::open(setup.stores(), Passwords::default(), setup.issuer())?;
        Ok(site.with_limits(setup.limits().clone()))
    }

    /// Ends all sessions of a user, who has to sign in again in every browser. How many there were.
    ///
    /// Tokens stay valid: to end them too, revoke the subject by
    /// [`Server::revoke`](grantor_server::Server::revoke).
    ///
    /// # Errors
    /// The store failed, or can't list.
    pub async fn end_sessions(&self, subject: &str) -> Result<usize, Error> {
        self.sessions.end_all(subject).await
    }

    fn prepare(
        stores: &Stores,
        passwords: Passwords,
        issuer: &Issuer,
        limits: Limits,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let accounts = Accounts::prepare(stores, passwords, diagnostics);
        let sessions = Sessions::prepare(stores, issuer, diagnostics);
        let browsers = KnownBrowsers::prepare(stores, issuer, diagnostics);
        Some(Self {
            accounts: accounts?,
            sessions: sessions?,
            browsers: browsers?,
            limits,
            environment: stores.environment().clone(),
        })
    }

    async fn signed_in(&self, interaction: &Interaction<'_>) -> Result<Option<Login>, SiteError> {
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
    async fn attempt(
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

    async fn sign_in(
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
enum Outcome {
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

impl Site for AccountSite {
    fn login<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
    ) -> BoxFuture<'a, Result<SignIn, SiteError>> {
        Box::pin(async move {
            let form = interaction.submitted().filter(|form| form.name() == LOGIN);
            if let Some(form) = form
                && let (Some(name), Some(password)) = (form.get("username"), form.get("password"))
            {
                let password = Secret::new(password);
                return self.sign_in(interaction, name, &password).await;
            }
            if let Some(login) = self.signed_in(interaction).await? {
                return Ok(SignIn::Is(login));
            }
            let hint = interaction.requirements().login_hint.as_deref();
            let page = pages::login(interaction, StatusCode::OK, hint.unwrap_or_default())?;
            Ok(SignIn::Page(page))
        })
    }

    fn consent<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
        login: &'a Login,
    ) -> BoxFuture<'a, Result<Decision, SiteError>> {
        Box::pin(async move {
            if let Some(decision) = decided(interaction) {
                return Ok(decision);
            }
            let account = self.accounts.of_subject(&login.subject).await;
            let account = account?;
            let name = account.map(|account| account.name).unwrap_or_default();
            Ok(Decision::Page(pages::consent(interaction, &name)?))
        })
    }

    fn user_code<'a>(
        &'a self,
        prompt: &'a UserCodePrompt<'a>,
    ) -> BoxFuture<'a, Result<Page, SiteError>> {
        Box::pin(std::future::ready(pages::user_code(prompt)))
    }

    fn device_answered(&self, answer: DeviceAnswer) -> Page {
        pages::device_answered(answer)
    }

    fn password<'a>(
        &'a self,
        login: &'a PasswordLogin<'a>,
    ) -> BoxFuture<'a, Result<PasswordAnswer, SiteError>> {
        Box::pin(async move {
            let attempt = self.attempt(login.request(), login.name(), login.password());
            Ok(match attempt.await? {
                Outcome::Right { account, .. } => {
                    PasswordAnswer::Right(Login::new(account.subject, self.environment.now()))
                }
                Outcome::Wrong => PasswordAnswer::Wrong,
                Outcome::TooMany => PasswordAnswer::TooManyAttempts,
                Outcome::Busy => return Err(Error::Busy.into()),
            })
        })
    }

    fn error(&self, status: StatusCode, error: &ErrorResponse) -> Page {
        pages::error(status, error)
    }
}

/// The decision of the user, now or before; none if they have to be asked.
fn decided(interaction: &Interaction<'_>) -> Option<Decision> {
    let form = interaction
        .submitted()
        .filter(|form| form.name() == CONSENT);
    match form.and_then(|form| form.get("decision")) {
        Some("allow") => return Some(Decision::Allow(interaction.requested())),
        Some("deny") => return Some(Decision::Deny),
        _ => {}
    }
    // RFC 8252 section 8.6: anybody could be a public client, so its users are asked every time.
    let unasked = interaction.is_remembered()
        && !interaction.client().is_public()
        && !interaction.requirements().ask_consent;
    unasked.then_some(Decision::Remembered)
}

#[cfg(test)]
mod tests;
