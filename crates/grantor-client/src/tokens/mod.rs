//! The handle that programs hold.

pub(crate) mod endpoints;
mod slots;

use std::fmt;
use std::sync::Arc;

use grantor_core::{Scope, Secret, TokenParameters};
#[cfg(any(feature = "reqwest", feature = "blocking"))]
use url::Url;

use crate::cache::registry::{CloseOnDrop, Registry};
use crate::cache::slot::TokenSlot;
use crate::config::origin::{Origin as ApiOrigin, Origins};
use crate::config::placement::BearerMethod;
use crate::error::Error;
use crate::observe::counters::Counts;
use crate::renew::grant::Grant;
use crate::renew::grant::token_exchange::Actor;
use crate::renew::services::Services;
use crate::token::access_token::AccessToken;
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
    /// True if requests are prepared on the short way.
    fast_path: bool,
    handle: Arc<CloseOnDrop>,
}

impl Tokens {
    pub(crate) fn new(
        registry: &Arc<Registry>,
        parameters: TokenParameters,
        origins: Origins,
        subjects: Option<SubjectSource>,
    ) -> Self {
        let slot = registry.slot(parameters);
        Self {
            fast_path: Self::has_fast_path_for(&slot, subjects.as_ref()),
            slot,
            subjects: subjects.map(Arc::new),
            origins: Arc::new(origins),
            bearer_method: BearerMethod::default(),
            handle: Arc::new(CloseOnDrop(Arc::clone(registry))),
        }
    }

    pub(crate) fn services(&self) -> &Arc<Services> {
        &self.slot.renewer.services
    }

    /// The access token, to be carried by hand. Waits only if there is none that may be used.
    ///
    /// # Errors
    /// There is no token; see [`Error`].
    pub async fn get(&self) -> Result<AccessToken, Error> {
        let slot = self.slot_without_request().await?;
        Ok(slot
            .get_token()
            .await?
            .access_token(self.services().environment()))
    }

    /// The tokens there are, with the refresh token of a login and the times when they end: for a
    /// program that keeps them itself. Waits as [`get`](Self::get) does.
    ///
    /// # Errors
    /// There is no token; see [`Error`].
    pub async fn token_set(&self) -> Result<TokenSet, Error> {
        let slot = self.slot_without_request().await?;
        let current = slot.get_token().await?;
        let set = current.token_set(self.services().environment());
        let Grant::Login(login) = &slot.renewer.grant else {
            return Ok(set);
        };
        let (login, services) = (Arc::clone(login), Arc::clone(self.services()));
        let record = async move { login.record(&services).await };
        let record = self.services().tasks.run_on_worker(record);
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
        Ok(renewed.access_token(self.services().environment()))
    }

    /// The token of one subject, of [`Tokens::token_exchange`]. The handle keeps it.
    ///
    /// # Errors
    /// These tokens are not those of a token exchange.
    pub fn for_subject(&self, subject: SubjectToken) -> Result<Self, Error> {
        if !self.exchanges() {
            return Err(Error::configuration(
                "only tokens of \"token_exchange\" have a subject",
            ));
        }
        let slot = self.subject_slot(Subject::Token(subject));
        Ok(Self {
            fast_path: Self::has_fast_path_for(&slot, None),
            slot,
            subjects: None,
            ..self.clone()
        })
    }

    /// The same login or client with another scope. All renew through the same login.
    ///
    /// # Errors
    /// The scope is malformed.
    pub fn with_scope(&self, scope: &str) -> Result<Self, Error> {
        let scope = Scope::parse(scope);
        let scope = scope.map_err(|error| Error::configuration(format!("\"scope\": {error}")))?;
        let scope = Some(scope);
        Ok(self.with_parameters(|all| TokenParameters { scope, ..all }))
    }

    /// The same login or client with a token for another resource (RFC 8707).
    #[must_use]
    pub fn with_resource(&self, resource: impl Into<String>) -> Self {
        let resource = vec![resource.into()];
        self.with_parameters(|all| TokenParameters { resource, ..all })
    }

    /// The same token, carried at another place.
    #[must_use]
    pub fn with_bearer_method(&self, method: BearerMethod) -> Self {
        let mut tokens = self.clone();
        tokens.bearer_method = method;
        tokens
    }

    /// The same token, which may go to this origin too, or to that of a URL. Plain http is for
    /// loopback addresses, and below `localhost` for the sessions of grantor's own client.
    ///
    /// # Errors
    /// It is no URL, or not a secure one.
    pub fn with_origin(&self, origin: &str) -> Result<Self, Error> {
        Ok(self.with(ApiOrigin::parse(origin).map_err(Error::configuration)?))
    }

    #[inline]
    pub(crate) fn has_fast_path(&self) -> bool {
        self.fast_path
    }

    fn with_parameters(&self, change: impl FnOnce(TokenParameters) -> TokenParameters) -> Self {
        let parameters = change((*self.slot.parameters).clone());
        let registry = self.registry();
        let slot = match self.slot.subject.clone() {
            Some(subject) => registry.subject_slot(&Arc::new(parameters), subject),
            None => registry.slot(parameters),
        };
        Self {
            slot,
            ..self.clone()
        }
    }

    pub(crate) fn with(&self, origin: ApiOrigin) -> Self {
        let id = self.services().origin_ids.id(&origin);
        Self {
            origins: Arc::new(self.origins.with(origin, id)),
            ..self.clone()
        }
    }

    /// Begins no more renewals and waits for those in flight, until their tokens are stored.
    pub async fn close(&self) {
        self.services().tasks.close().await;
    }

    /// How often what happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.services().observer.counters.counts()
    }
}

/// The base of a session: a path on it leads below it, whether it ends with a slash or not.
#[cfg(any(feature = "reqwest", feature = "blocking"))]
pub(crate) fn base_url(base: &str) -> Result<Url, Error> {
    // A text that is no URL may hold a password, so it is not repeated.
    let mut url = Url::parse(base)
        .map_err(|error| format!("the base URL is not a URL ({error}): begin it with https://"))
        .map_err(Error::configuration)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::configuration(
            "the base URL holds a name or a password, which would replace the token",
        ));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// The actor of a token exchange has the access token of these tokens.
impl From<Tokens> for Actor {
    fn from(tokens: Tokens) -> Self {
        Self::new(move || {
            let tokens = tokens.clone();
            Box::pin(async move {
                let token = tokens.get().await?;
                Ok(SubjectToken::access_token(token.secret))
            })
        })
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("slot", &self.slot)
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}
