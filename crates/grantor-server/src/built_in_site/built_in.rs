use grantor_core::{BoxFuture, Secret};
use grantor_store::{Diagnostics, Stores};
use http::StatusCode;

use super::session::Sessions;
use super::{Accounts, Passwords, pages};
use crate::site::{Answer, Decision, Interaction, Login, Site, SiteError};
use crate::{BuildError, Error};

/// Accounts, sessions and pages in the server's own store.
#[derive(Debug)]
pub struct BuiltInSite {
    accounts: Accounts,
    sessions: Sessions,
    /// Whether browsers reach it by https, for the names of cookies.
    secure: bool,
}

impl BuiltInSite {
    /// The site in `stores`. `secure` is whether the issuer is https.
    ///
    /// # Errors
    /// The stores can't carry accounts or sessions.
    pub fn open(
        stores: &Stores,
        passwords: Passwords,
        issuer: &grantor_core::Issuer,
    ) -> Result<Self, BuildError> {
        let mut diagnostics = Diagnostics::default();
        let site = Self::prepare(stores, passwords, issuer, &mut diagnostics);
        site.ok_or_else(|| BuildError::new(diagnostics.problems))
    }

    pub(crate) fn prepare(
        stores: &Stores,
        passwords: Passwords,
        issuer: &grantor_core::Issuer,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let accounts = Accounts::prepare(stores, passwords, diagnostics);
        let sessions = Sessions::prepare(stores, diagnostics);
        Some(Self {
            accounts: accounts?,
            sessions: sessions?,
            secure: issuer.url().scheme() == "https",
        })
    }

    async fn signed_in(&self, interaction: &Interaction<'_>) -> Result<Option<Login>, SiteError> {
        let name = Sessions::cookie_name(self.secure);
        let Some(cookie) = interaction.cookie(name) else {
            return Ok(None);
        };
        let Some((id, session)) = self.sessions.find(cookie).await? else {
            return Ok(None);
        };
        if !interaction.is_recent(session.auth_time) {
            return Ok(None);
        }
        let account = self.accounts.of_subject(&session.subject).await;
        Ok(account.map_err(SiteError::new)?.map(|_| Login {
            subject: session.subject,
            auth_time: session.auth_time,
            session: Some(id),
        }))
    }

    async fn sign_in(
        &self,
        interaction: &Interaction<'_>,
        name: &str,
        password: &Secret,
    ) -> Result<Answer, SiteError> {
        let account = match self.accounts.verify(name, password).await {
            Ok(account) => account,
            Err(Error::Contention) => {
                let page = pages::login(interaction, StatusCode::SERVICE_UNAVAILABLE, name);
                return Ok(Answer::Page(page));
            }
            Err(error) => return Err(SiteError::new(error)),
        };
        let Some(account) = account else {
            tracing::info!(target: "grantor::audit", "login failed");
            let page = pages::login(interaction, StatusCode::UNAUTHORIZED, name);
            return Ok(Answer::Page(page));
        };
        tracing::info!(target: "grantor::audit", subject = account.subject, "login");
        if let Some(old) = interaction.cookie(Sessions::cookie_name(self.secure)) {
            self.sessions.replace(old).await?;
        }
        let (id, session, cookie) = self.sessions.begin(&account.subject, self.secure).await?;
        let login = Login {
            subject: session.subject,
            auth_time: session.auth_time,
            session: Some(id),
        };
        Ok(Answer::SignedIn(login, cookie))
    }
}

impl Site for BuiltInSite {
    fn login<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
    ) -> BoxFuture<'a, Result<Answer, SiteError>> {
        Box::pin(async move {
            if let Some(form) = interaction.form()
                && let (Some(name), Some(password)) = (form.get("username"), form.get("password"))
            {
                let password = Secret::new(password);
                return self.sign_in(interaction, name, &password).await;
            }
            if let Some(login) = self.signed_in(interaction).await? {
                return Ok(Answer::Is(login));
            }
            let hint = interaction.need().login_hint.as_deref().unwrap_or_default();
            Ok(Answer::Page(pages::login(
                interaction,
                StatusCode::OK,
                hint,
            )))
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
            let account = account.map_err(SiteError::new)?;
            let name = account.map(|account| account.name).unwrap_or_default();
            Ok(Decision::Page(pages::consent(interaction, &name)))
        })
    }
}

/// What the user decided, now or before; none if they have to be asked.
fn decided(interaction: &Interaction<'_>) -> Option<Decision> {
    match interaction.form().and_then(|form| form.get("decision")) {
        Some("allow") => return Some(Decision::Allow(interaction.scope().clone())),
        Some("deny") => return Some(Decision::Deny),
        _ => {}
    }
    // RFC 8252 section 8.6: anybody could be a public client, so its users are asked every time.
    let known = interaction
        .remembered()
        .is_some_and(|scope| interaction.scope().is_subset(scope));
    let unasked = known && !interaction.client().public && !interaction.need().ask_consent;
    unasked.then_some(Decision::Remembered)
}
