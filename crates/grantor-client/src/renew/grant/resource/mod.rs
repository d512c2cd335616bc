//! Tokens for a resource that says itself where they come from (RFC 9728): the server is found, the
//! client is known there or registers, and the user signs in, all when a token is needed.

mod acquire;
pub(crate) mod challenge;
mod client;
mod found;
mod scope;
pub(crate) mod settings;
mod sign_in;
mod usable;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use grantor_core::Scope;
use http::{HeaderMap, StatusCode};
use url::Url;

use self::challenge::{Demand, ResourceChallenge};
use self::found::FoundServer;
use self::scope::has_room;
use self::settings::ResourceSettings;
use crate::error::Error;
use crate::renew::Renewal;
use crate::renew::login::Login;
use crate::renew::services::Services;
use crate::token::reason::RenewalReason;

/// The grant for tokens of a resource.
pub(crate) struct ResourceGrant {
    pub(crate) settings: ResourceSettings,
    /// The scope that the program asked for.
    scope: Option<Scope>,
    /// The login of the user, if users sign in.
    pub(crate) login: Arc<Login>,
    state: Mutex<ResourceState>,
}

/// The facts that are known of the resource.
#[derive(Default)]
struct ResourceState {
    /// True if it answered a request without a token, or tokens for it were had before.
    is_explored: bool,
    /// True if its metadata was not where its challenge had said: another challenge is needed.
    is_lost: bool,
    /// Where its metadata is, if its challenge said so.
    resource_metadata: Option<Url>,
    /// The scope that its first challenge named.
    scope: Option<Scope>,
    /// All scope values that were requested so far, but for those that were refused.
    requested: Option<Scope>,
    /// The scope values of demands for which there was no token.
    refused: Option<Scope>,
    /// The demand that the token of this generation did not meet, and the next one is to meet.
    step_up: Option<(u64, ResourceChallenge)>,
    /// The server that tokens without a user come from.
    found: Option<Arc<FoundServer>>,
}

impl ResourceGrant {
    pub(crate) fn new(settings: ResourceSettings, scope: Option<Scope>) -> Self {
        Self {
            settings,
            scope,
            login: Arc::new(Login::new(None, None)),
            state: Mutex::default(),
        }
    }

    /// Returns whether requests may wait for a token. Before, they are sent without one, and the
    /// challenge of their answer says where tokens come from.
    pub(crate) async fn is_explored(self: &Arc<Self>, services: &Arc<Services>) -> bool {
        {
            let state = self.lock();
            if state.is_explored {
                return true;
            }
            if state.is_lost || self.settings.user.is_none() {
                return false;
            }
        }
        let (grant, own) = (Arc::clone(self), Arc::clone(services));
        let stored = async move { grant.login.record(&own).await };
        let is_stored = services.tasks.run_on_worker(stored).await.is_ok();
        if is_stored {
            self.lock().is_explored = true;
        }
        is_stored
    }

    /// Learns from an answer of the resource without success: where the metadata is, and which scope is
    /// needed.
    pub(crate) fn learn(&self, status: StatusCode, headers: &HeaderMap) {
        if status != StatusCode::UNAUTHORIZED {
            return;
        }
        let challenge = ResourceChallenge::from_headers(headers);
        let mut state = self.lock();
        state.is_explored = true;
        state.is_lost = false;
        if challenge.resource_metadata.is_some() {
            state.resource_metadata = challenge.resource_metadata;
        }
        if state.scope.is_none() {
            state.scope = challenge.scope;
        }
    }

    /// The demand of an answer that asks for more than its token has, and more than was requested
    /// before: a wider scope, or a user who signs in anew. `may_repeat` says whether the user may be
    /// asked to sign in anew now. A scope with which the request would become too long is left out.
    pub(crate) fn step_up(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        may_repeat: bool,
    ) -> Option<ResourceChallenge> {
        if !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return None;
        }
        let mut challenge = ResourceChallenge::from_headers(headers);
        let known = self.lock().known_scope();
        challenge.scope = challenge
            .scope
            .filter(|scope| has_room(known.as_ref(), scope));
        let is_new = match (&challenge.demand, &challenge.scope) {
            (Demand::Token, _) | (Demand::Scope, None) => false,
            (Demand::Scope, Some(scope)) => !known.is_some_and(|known| scope.is_subset(&known)),
            (Demand::Authentication { .. }, _) => self.settings.user.is_some() && may_repeat,
        };
        is_new.then_some(challenge)
    }

    /// Notes what the token of this generation lacks. The next one is to have it.
    pub(crate) fn demand(&self, generation: u64, challenge: ResourceChallenge) {
        self.lock().step_up = Some((generation, challenge));
    }

    /// The demand that the next token is to meet: none, if another one has come since.
    fn take_demand(&self, renewal: &Renewal) -> Option<ResourceChallenge> {
        if renewal.reason == RenewalReason::RefreshAhead {
            return None;
        }
        let (generation, challenge) = self.lock().step_up.take()?;
        let current = renewal.current.as_ref();
        current
            .is_some_and(|current| current.generation == generation)
            .then_some(challenge)
    }

    /// Forgets where the metadata was to be: it was not there, or can't be used. The next request without
    /// a token learns it anew, and until then the well-known places are asked.
    fn lose_metadata(&self) {
        let mut state = self.lock();
        state.resource_metadata = None;
        state.is_explored = false;
        state.is_lost = true;
    }

    /// After a sign-in or a request without success, for the scope that was requested `before` and for a
    /// demand: a later one is without what was demanded. If that was refused, it is not demanded again.
    fn take_back(
        &self,
        before: Option<Scope>,
        step_up: Option<&ResourceChallenge>,
        is_refused: bool,
    ) {
        let mut state = self.lock();
        state.requested = before;
        let demanded = step_up.and_then(|challenge| challenge.scope.as_ref());
        if let Some(demanded) = demanded.filter(|_| is_refused) {
            let refused = state.refused.take();
            state.refused =
                Some(refused.map_or_else(|| demanded.clone(), |refused| refused.union(demanded)));
        }
    }

    fn url(&self) -> Result<&Url, Error> {
        let url = self.settings.url.as_ref();
        url.ok_or_else(|| Error::configuration("the resource is not a URL with a host"))
    }

    fn lock(&self) -> MutexGuard<'_, ResourceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ResourceGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceGrant")
            .field("settings", &self.settings)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
