//! The handle that programs hold.

pub(crate) mod endpoints;
mod slots;
mod variants;

use std::fmt;
use std::sync::Arc;

use grantor_core::{Secret, TokenParameters};

use crate::cache::registry::{CloseOnDrop, Registry};
use crate::cache::slot::TokenSlot;
use crate::config::origin::Origins;
use crate::config::placement::BearerMethod;
use crate::error::Error;
use crate::observe::counters::Counts;
use crate::renew::grant::token_exchange::Actor;
use crate::renew::services::Services;
use crate::token::access_token::AccessToken;
use crate::token::reason::RenewalReason;
use crate::token::subject::{SubjectSource, SubjectToken};
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
    /// True if every HTTP client that is used presents the certificate that tokens are bound to.
    pub(crate) certificate_presented: bool,
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
            certificate_presented: false,
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
        let Some(login) = slot.renewer.grant.login() else {
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

    #[inline]
    pub(crate) fn has_fast_path(&self) -> bool {
        self.fast_path
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
