//! The handle that programs hold.

pub(crate) mod endpoints;

use std::fmt;
use std::sync::Arc;

use grantor_core::{Scope, Secret, ServerMetadata, TokenParameters};
use url::Url;

use crate::cache::registry::{CloseOnDrop, Manager};
use crate::cache::slot::TokenSlot;
use crate::config::origin::{Origin, Origins};
use crate::config::placement::BearerMethod;
use crate::error::Error;
use crate::observe::counters::Counts;
use crate::renew::MAX_LIFETIME;
use crate::renew::grant::Grant;
use crate::token::access_token::AccessToken;
use crate::token::lifetime::Lifetime;
use crate::token::reason::RenewalReason;
use crate::token::subject::{Subject, SubjectSource, SubjectToken};
use crate::token::token_set::TokenSet;

/// A handle to one access token that is kept good: fetched when it is first needed, renewed before
/// it ends, shared by all clones, and by other processes if there is a store.
///
/// Cloning is cheap. Dropping the last clone waits, at most 5 s, until what was sent to the server
/// is stored; [`close`](Self::close) does it without blocking.
///
/// ```no_run
/// # async fn call() -> Result<(), Box<dyn std::error::Error>> {
/// use grantor_client::Tokens;
///
/// let tokens = Tokens::client_credentials("https://idp.example", "app", "s3cret")
///     .scope("read")
///     .build()?;
/// let api = tokens.session("https://api.example/v1/")?;
/// let answer = api.get("things").send().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Tokens {
    pub(crate) slot: Arc<TokenSlot>,
    /// Where each request's own token comes from, if each has one.
    pub(crate) subjects: Option<Arc<SubjectSource>>,
    pub(crate) origins: Arc<Origins>,
    pub(crate) bearer_method: BearerMethod,
    /// Whether requests are prepared on the short way.
    fast_path: bool,
    handle: Arc<CloseOnDrop>,
}

impl Tokens {
    pub(crate) fn new(
        manager: &Arc<Manager>,
        ask: TokenParameters,
        origins: Origins,
        subjects: Option<SubjectSource>,
    ) -> Self {
        let slot = manager.slot(ask);
        Self {
            fast_path: Self::has_fast_path_for(&slot, subjects.as_ref()),
            slot,
            subjects: subjects.map(Arc::new),
            origins: Arc::new(origins),
            bearer_method: BearerMethod::default(),
            handle: Arc::new(CloseOnDrop(Arc::clone(manager))),
        }
    }

    /// Uses tokens that are at hand, until they end.
    pub(crate) fn seed(&self, tokens: TokenSet) -> Result<(), Error> {
        let environment = &self.slot.manager.shared.environment;
        let now = environment.now();
        let policy = &self.slot.manager.policy;
        let lifetime = tokens.expires_at.map(|end| end.since(now));
        let life = Lifetime {
            sent_at: environment.clock.elapsed(),
            lifetime: lifetime
                .or(policy.default_lifetime)
                .map(|long| long.min(MAX_LIFETIME)),
            refresh_in: None,
        };
        let token = AccessToken {
            secret: tokens.access_token,
            scope: tokens.scope,
        };
        self.slot.publish(token, life).map(drop)
    }

    /// The access token, to be carried by hand. Waits only if there is none that may be used.
    ///
    /// # Errors
    /// There is no token; see [`Error`].
    pub async fn get(&self) -> Result<AccessToken, Error> {
        let slot = self.slot_without_request().await?;
        Ok(slot.get_token().await?.token())
    }

    /// The tokens there are, with the refresh token of a login and the times when they end: for a
    /// program that keeps them itself. Waits as [`get`](Self::get) does.
    ///
    /// # Errors
    /// There is no token; see [`Error`].
    pub async fn token_set(&self) -> Result<TokenSet, Error> {
        let slot = self.slot_without_request().await?;
        let current = slot.get_token().await?;
        let set = current.token_set(&slot.manager.shared.environment);
        if !matches!(slot.manager.grant, Grant::Login(_)) {
            return Ok(set);
        }
        let manager = Arc::clone(&slot.manager);
        let record = slot.manager.run_on_worker(async move {
            match &manager.grant {
                Grant::Login(login) => login.record(&manager).await,
                _ => Err(Error::configuration("this is no login")),
            }
        });
        let record = record.await?;
        Ok(TokenSet {
            refresh_token: record.refresh_token.map(Secret::new),
            refresh_expires_at: record.refresh_expires_at,
            ..set
        })
    }

    /// A new access token, though the one there is may be good. The pause after a renewal that failed
    /// holds for this too, and its failure is then the answer.
    ///
    /// # Errors
    /// There is no token; see [`Error`].
    pub async fn renew(&self) -> Result<AccessToken, Error> {
        let slot = self.slot_without_request().await?;
        let generation = slot.current().map_or(0, |current| current.generation);
        let renewed = slot.renew(RenewalReason::Rejected(generation)).await?;
        Ok(renewed.token())
    }

    /// The token of one subject, of [`Tokens::token_exchange`]. The handle keeps it.
    ///
    /// # Errors
    /// These tokens are not had by token exchange.
    pub fn for_subject(&self, subject: SubjectToken) -> Result<Self, Error> {
        let manager = &self.slot.manager;
        if !matches!(manager.grant, Grant::TokenExchange(_)) {
            return Err(Error::configuration(
                "only tokens of \"token_exchange\" are had for a subject",
            ));
        }
        let slot = manager.subject_slot(&self.slot.parameters, Subject::Token(subject));
        Ok(Self {
            fast_path: Self::has_fast_path_for(&slot, None),
            slot,
            subjects: None,
            ..self.clone()
        })
    }

    /// What the server publishes about itself.
    ///
    /// # Errors
    /// It can't be had, or the tokens come from no server with an issuer.
    pub async fn metadata(&self) -> Result<Arc<ServerMetadata>, Error> {
        let manager = Arc::clone(&self.slot.manager);
        let work = async move { manager.app()?.metadata(&manager.shared.metadata).await };
        self.slot.manager.run_on_worker(work).await
    }

    /// Whether the server says that it knows a grant type. A server that says nothing of grant types
    /// knows `authorization_code` and `implicit` (RFC 8414 section 2).
    ///
    /// # Errors
    /// As [`metadata`](Self::metadata).
    pub async fn supports_grant(&self, grant_type: &str) -> Result<bool, Error> {
        Ok(self.metadata().await?.supports_grant(grant_type))
    }

    /// The same login or client with another scope. All renew through the same login.
    ///
    /// # Errors
    /// The scope is malformed.
    pub fn with_scope(&self, scope: &str) -> Result<Self, Error> {
        let scope = Scope::parse(scope);
        let scope = scope.map_err(|error| Error::configuration(format!("\"scope\": {error}")))?;
        let scope = Some(scope);
        Ok(self.with_ask(|ask| TokenParameters { scope, ..ask }))
    }

    /// The same login or client with a token for another resource (RFC 8707).
    #[must_use]
    pub fn with_resource(&self, resource: impl Into<String>) -> Self {
        let resource = vec![resource.into()];
        self.with_ask(|ask| TokenParameters { resource, ..ask })
    }

    /// The same token, carried at another place.
    #[must_use]
    pub fn with_bearer_method(&self, method: BearerMethod) -> Self {
        let mut tokens = self.clone();
        tokens.bearer_method = method;
        tokens
    }

    /// The same token, which may go to this origin too.
    ///
    /// # Errors
    /// It is no origin, or not a secure one.
    pub fn with_origin(&self, origin: &str) -> Result<Self, Error> {
        Ok(self.with(Origin::parse(origin).map_err(Error::configuration)?))
    }

    #[inline]
    pub(crate) fn has_fast_path(&self) -> bool {
        self.fast_path
    }

    fn with_ask(&self, change: impl FnOnce(TokenParameters) -> TokenParameters) -> Self {
        let ask = change((*self.slot.parameters).clone());
        let manager = &self.slot.manager;
        let slot = match self.slot.subject.clone() {
            Some(subject) => manager.subject_slot(&Arc::new(ask), subject),
            None => manager.slot(ask),
        };
        Self {
            slot,
            ..self.clone()
        }
    }

    pub(crate) fn with(&self, origin: Origin) -> Self {
        let id = self.slot.manager.origin_ids.id(&origin);
        Self {
            origins: Arc::new(self.origins.with(origin, id)),
            ..self.clone()
        }
    }

    /// Begins no more renewals and waits for those under way, until what they brought is stored.
    pub async fn close(&self) {
        self.handle.0.close().await;
    }

    /// How often what happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.slot.manager.counters.counts()
    }
}

/// The base of a session: a path on it leads below it, whether it ends with a slash or not.
pub(crate) fn base_url(base: &str) -> Result<Url, Error> {
    // What can't be read may hold a password, so it is not repeated.
    let mut url = Url::parse(base)
        .map_err(|error| Error::configuration(format!("the base URL is not a URL ({error})")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::configuration(
            "the base URL holds a name or a password, which would stand in place of the token",
        ));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("slot", &self.slot)
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}
