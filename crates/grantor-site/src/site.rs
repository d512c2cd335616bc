//! The site with accounts.

use grantor_core::{BoxFuture, Environment, ErrorResponse, Issuer, Secret};
use grantor_server::{
    BuildError, Decision, DeviceAnswer, Interaction, Limits, Login, Page, PasswordAnswer,
    PasswordLogin, SignIn, Site, SiteError, SiteSetup, UserCodePrompt,
};
use grantor_store::{Diagnostics, Stores};
use http::StatusCode;

use crate::accounts::Accounts;
use crate::error::Error;
use crate::known_browsers::KnownBrowsers;
use crate::pages::{self, CONSENT, LOGIN};
use crate::passwords::Passwords;
use crate::sessions::Sessions;

mod login;

use login::Outcome;

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
        for warning in diagnostics.warnings() {
            tracing::warn!("{warning}");
        }
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
