//! The services that the endpoints use.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use grantor_core::{Environment, ErrorCode, Issuer};
use grantor_store::{GrantAssertions, Records, Stores, Use};

use crate::cached::CACHE_TTL;
use crate::client::authentication::{AssertionVerifier, Authenticator, Meanwhile};
use crate::client::self_described::SelfDescribed;
use crate::client::{Client, Clients, RegistrationPolicy, StoredClients};
use crate::config::Config;
use crate::device_authorization::DeviceAuthorizations;
use crate::dpop::Dpop;
use crate::error::Error;
use crate::event::Events;
use crate::event::{Event, EventKind};
use crate::fetch::Fetcher;
use crate::grant::{EndReason, Grants};
use crate::identifier::Identifier;
use crate::key::Keys;
use crate::limits::Limits;
use crate::policy::Policy;
use crate::pushed_request::PushedRequests;
use crate::resource;
use crate::revocation::{Revocation, Target};
use crate::site::{Cookie, Site};
use crate::token::Tokens;

mod page_keys;
mod protected;
mod urls;

pub(crate) use page_keys::PageKeys;
pub(crate) use protected::Protected;
pub(crate) use urls::Urls;

/// The services that the endpoints use.
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) issuer: Issuer,
    pub(crate) config: Config,
    pub(crate) urls: Urls,
    /// The floor for every client.
    pub(crate) policy: Policy,
    pub(crate) environment: Environment,
    pub(crate) stores: Stores,
    pub(crate) clients: Arc<dyn Clients>,
    /// The same, if they are those of the store.
    pub(crate) stored_clients: Option<Arc<StoredClients>>,
    /// The rules for clients that register themselves, and the application's word on them.
    pub(crate) self_registered: SelfDescribed,
    pub(crate) registration_policy: Option<Arc<dyn RegistrationPolicy>>,
    pub(crate) assertions: AssertionVerifier,
    pub(crate) dpop: Dpop,
    pub(crate) revocation: Arc<Revocation>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) tokens: Tokens,
    pub(crate) keys: Arc<Keys>,
    pub(crate) pushed_requests: PushedRequests,
    pub(crate) devices: DeviceAuthorizations,
    pub(crate) used_assertions: Records<Use<GrantAssertions>>,
    /// The way out; none without a transport.
    pub(crate) fetcher: Option<Fetcher>,
    /// The same for URLs that the operator named. It has limits of its own, so that strangers, who name
    /// URLs too, don't use them up.
    pub(crate) operator_fetcher: Option<Fetcher>,
    /// True if it has the grant type `refresh_token`.
    pub(crate) has_refresh_grant_type: bool,
    /// Whether the authorization endpoint issues tokens.
    pub(crate) has_implicit_grant_type: bool,
    pub(crate) site: Arc<dyn Site>,
    pub(crate) events: Events,
    pub(crate) limits: Limits,
    pub(crate) page_keys: PageKeys,
    /// The cookie that identifies a browser.
    pub(crate) browser_cookie: Cookie,
    /// The resources that are protected in this process.
    pub(crate) protected: Protected,
    /// Whether the stores could be used, and when that was found.
    pub(crate) health: Mutex<Option<(Duration, bool)>>,
}

/// The time that stores have to say whether they can be used. Load balancers and supervisors wait for
/// the answer a few seconds at most, and a request that waits for a store so long is in trouble too.
const HEALTH_TIME_LIMIT: Duration = Duration::from_secs(1);

impl Services {
    /// Returns whether every store can be used, which one that does not answer within a second
    /// can't. The answer holds for a second, so that asking often does not make the stores commit
    /// as often.
    pub(crate) async fn has_healthy_stores(&self) -> bool {
        let now = self.environment.clock.elapsed();
        let found = *self.health.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, healthy)) = found
            && now.saturating_sub(at) < CACHE_TTL
        {
            return healthy;
        }
        let is_healthy = tokio::select! {
            biased;
            health = self.stores.health() => {
                if let Err(error) = &health {
                    tracing::warn!(
                        error = error as &dyn std::error::Error,
                        "a store can't be used"
                    );
                }
                health.is_ok()
            }
            () = grantor_http::pause(&self.environment, HEALTH_TIME_LIMIT) => {
                tracing::warn!("a store can't be used: it has not answered for a second");
                false
            }
        };
        let found = Some((self.environment.clock.elapsed(), is_healthy));
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = found;
        is_healthy
    }

    /// The policy for a client's tokens of one grant type.
    pub(crate) fn policy_of(&self, grant_type: &str, client: &Client) -> Policy {
        let policy = match self.config.grant_type_settings.get(grant_type) {
            Some(settings) => self.policy.of_grant_type(settings),
            None => self.policy,
        };
        policy.with(client)
    }

    /// Returns the services that authenticate clients.
    pub(crate) fn authenticator<'a>(&'a self, meanwhile: Meanwhile<'a>) -> Authenticator<'a> {
        Authenticator {
            clients: &self.clients,
            limits: &self.limits,
            assertions: &self.assertions,
            meanwhile,
        }
    }

    /// Returns whether a token may be requested for a resource (RFC 8707 section 2, `invalid_target`).
    pub(crate) async fn is_valid_target(&self, resource: &str) -> Result<bool, Error> {
        let config = &self.config;
        let mut own = config.default_audience.iter().chain(&config.resources);
        Ok(own.any(|own| resource::is_same(own, resource))
            || self.protected.contains(resource)
            || self.clients.is_resource(resource).await?)
    }

    /// The audience of a token whose client named no resource: the configured one, or the first that
    /// is protected in this process. A client that may name only some resources gets its only one, if
    /// that is another.
    ///
    /// # Errors
    /// The client may name several resources, and the server's default is none of them.
    pub(crate) fn default_audience(&self, client: &Client) -> Result<Option<String>, Error> {
        let configured = self.config.default_audience.clone();
        let default = configured.or_else(|| self.protected.first());
        match (default, client.resources.as_deref()) {
            (default, None) => Ok(default),
            (Some(default), Some(_)) if client.allows_resource(&default) => Ok(Some(default)),
            (_, Some([only])) => Ok(Some(resource::normalize(only).into_owned())),
            (_, Some(_)) => {
                let description = "\"resource\" is missing: the client has to name one of its own";
                Err(Error::refused(ErrorCode::InvalidTarget, description))
            }
        }
    }

    /// The resources that a request is for: those it names, or that of the default audience, or the
    /// empty text for a server without one.
    pub(crate) fn effective_resources(
        &self,
        client: &Client,
        named: &[String],
    ) -> Result<Vec<String>, Error> {
        if !named.is_empty() {
            return Ok(named.to_vec());
        }
        Ok(vec![self.default_audience(client)?.unwrap_or_default()])
    }

    /// Revokes everything that was issued under a target.
    pub(crate) async fn revoke(&self, target: &Target) -> Result<(), Error> {
        let revocation = &self.revocation;
        match target {
            Target::Grant(id) => match Identifier::parse(id) {
                Some(id) => self.end_grant(id, EndReason::RevokedByServer).await,
                None => Ok(()),
            },
            Target::Session(id) => revocation.epochs.revoke_session(id).await,
            Target::Subject(id) => revocation.epochs.revoke_subject(id).await,
            Target::Consent { subject, client_id } => {
                revocation.consents.revoke(subject, client_id).await
            }
        }
    }

    /// Ends a grant, and tells of it.
    pub(crate) async fn end_grant(&self, id: Identifier, reason: EndReason) -> Result<(), Error> {
        let Some(grant) = self.grants.end(id, reason).await? else {
            return Ok(());
        };
        let event = Event {
            client_id: Some(&grant.client_id),
            subject: Some(&grant.subject),
            grant: Some(id),
            reason: Some(reason.as_str()),
            ..Event::new(EventKind::GrantEnded)
        };
        self.events.tell(&event);
        if matches!(
            reason,
            EndReason::CodeReplayed | EndReason::RefreshTokenReused
        ) {
            self.events.tell(&Event {
                kind: EventKind::TokenReplayed,
                ..event
            });
        }
        Ok(())
    }
}
