use std::fmt;
use std::sync::Arc;

use grantor_core::Scope;
use url::Url;

use crate::ask::Ask;
use crate::blocking::block_on;
use crate::builder::Builder;
use crate::door::Placement;
use crate::manager::{LastHandle, Manager};
use crate::origin::{Origin, Origins};
use crate::slot::{Slot, Why};
use crate::state::AccessToken;
use crate::{Counts, Error, Session};

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
    pub(crate) slot: Arc<Slot>,
    pub(crate) origins: Arc<Origins>,
    pub(crate) placement: Placement,
    handle: Arc<LastHandle>,
}

impl Tokens {
    /// Tokens of a client for itself (RFC 6749 section 4.4).
    pub fn client_credentials(
        issuer: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
    ) -> Builder {
        Builder::client_credentials(issuer.into(), client_id.into(), client_secret.into())
    }

    /// Tokens of a login whose refresh token is at hand (RFC 6749 section 6).
    ///
    /// It is used once. From then on the store knows the newest one; with the same store, handing in
    /// the old one again goes on with the newest.
    pub fn refresh_token(
        issuer: impl Into<String>,
        client_id: impl Into<String>,
        refresh_token: impl Into<String>,
    ) -> Builder {
        Builder::login(issuer.into(), client_id.into(), Some(refresh_token.into()))
    }

    /// Tokens of a login that is in the store; or, by [`Builder::code_flow`], of one that is to be.
    pub fn login(issuer: impl Into<String>, client_id: impl Into<String>) -> Builder {
        Builder::login(issuer.into(), client_id.into(), None)
    }

    pub(crate) fn new(manager: &Arc<Manager>, ask: Ask, origins: Origins) -> Self {
        Self {
            slot: manager.slot(ask),
            origins: Arc::new(origins),
            placement: Placement::default(),
            handle: Arc::new(LastHandle(Arc::clone(manager))),
        }
    }

    /// The access token, to be carried by hand. Waits only if there is none that may be used.
    ///
    /// # Errors
    /// There is no token; see [`Error`].
    pub async fn get(&self) -> Result<AccessToken, Error> {
        Ok(self.slot.token().await?.token.clone())
    }

    /// As [`get`](Self::get), for a caller without a runtime.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn get_blocking(&self) -> Result<AccessToken, Error> {
        block_on(self.get())
    }

    /// A new access token, though the one there is may be good.
    ///
    /// # Errors
    /// There is no token; see [`Error`].
    pub async fn renew(&self) -> Result<AccessToken, Error> {
        let generation = self.slot.current().map_or(0, |current| current.generation);
        let renewed = self.slot.renew(Why::Rejected(generation)).await?;
        Ok(renewed.token.clone())
    }

    /// The same login or client with another scope. All renew through the same login.
    ///
    /// # Errors
    /// The scope is malformed.
    pub fn with_scope(&self, scope: &str) -> Result<Self, Error> {
        let scope = Scope::parse(scope);
        let scope = scope.map_err(|error| Error::configuration(format!("\"scope\": {error}")))?;
        let scope = Some(scope);
        Ok(self.with_ask(|ask| Ask { scope, ..ask }))
    }

    /// The same login or client with a token for another resource (RFC 8707).
    #[must_use]
    pub fn with_resource(&self, resource: impl Into<String>) -> Self {
        let resource = vec![resource.into()];
        self.with_ask(|ask| Ask { resource, ..ask })
    }

    /// The same token, which may go to this origin too.
    ///
    /// # Errors
    /// It is no origin, or not a secure one.
    pub fn with_origin(&self, origin: &str) -> Result<Self, Error> {
        Ok(self.with(Origin::parse(origin).map_err(Error::configuration)?))
    }

    /// A session below a URL, to whose origin the token may go.
    ///
    /// # Errors
    /// It is no URL, or not a secure one.
    pub fn session(&self, base: &str) -> Result<Session, Error> {
        let base = Url::parse(base)
            .map_err(|_| Error::configuration(format!("\"{base}\" is not a URL")))?;
        let origin = Origin::of(&base).map_err(Error::configuration)?;
        Session::new(self.with(origin), base)
    }

    fn with_ask(&self, change: impl FnOnce(Ask) -> Ask) -> Self {
        Self {
            slot: self.slot.manager.slot(change(self.slot.ask.clone())),
            ..self.clone()
        }
    }

    fn with(&self, origin: Origin) -> Self {
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

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("slot", &self.slot)
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}
