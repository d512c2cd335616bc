//! A token for a resource: renewed by the login there is, or else by a new sign-in; or the client's own.

use std::sync::Arc;

use grantor_core::{ErrorCode, GrantParameters, Scope, TokenParameters};

use super::ResourceGrant;
use super::challenge::ResourceChallenge;
use super::found::FoundServer;
use super::settings::AssertionRequest;
use crate::authorization_server::token_endpoint::{TokenAnswer, TokenCall};
use crate::authorization_server::{AuthorizationServer, ClientRegistration};
use crate::error::Error;
use crate::renew::election::renew_elected;
use crate::renew::services::Services;
use crate::renew::{Acquired, Renewal};
use crate::store::records::ResourceLogin;
use crate::token::reason::RenewalReason;

impl ResourceGrant {
    pub(crate) async fn acquire(
        &self,
        services: &Arc<Services>,
        renewal: &Renewal,
    ) -> Result<Acquired, Error> {
        let step_up = self.take_demand(renewal);
        if self.settings.user.is_none() {
            let request = self.request_own(services, renewal, step_up.as_ref());
            return renew_elected(services, renewal, request).await;
        }
        let mut knows_client = true;
        if step_up.is_none() {
            match self.renew_login(services, renewal).await {
                Ok(acquired) => return Ok(acquired),
                Err(error) if error.needs_login() || is_unknown_client(&error) => {
                    knows_client = !is_unknown_client(&error);
                    if renewal.reason == RenewalReason::RefreshAhead {
                        // The user is not asked as long as there is a token.
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let before = self.lock().requested.clone();
        let signed_in = self.sign_in(services, renewal, step_up.as_ref(), knows_client);
        let signed_in = signed_in.await;
        if signed_in.as_ref().is_err_and(Error::is_transient) {
            // Nobody has refused the scope: it may be requested again.
            self.lock().requested = before;
        }
        signed_in
    }

    /// Renews by the login there is, at the server where it was begun.
    async fn renew_login(
        &self,
        services: &Arc<Services>,
        renewal: &Renewal,
    ) -> Result<Acquired, Error> {
        let record = self.login.record(services).await?;
        let Some(login) = record.resource_login else {
            return Err(Error::needs_login_because("there is no login: sign in"));
        };
        {
            let mut state = self.lock();
            let known = login
                .scope
                .as_deref()
                .and_then(|text| Scope::parse(text).ok());
            if state.requested.is_none() {
                state.requested = known;
            }
            if state.resource_metadata.is_none() {
                state.resource_metadata.clone_from(&login.resource_metadata);
            }
        }
        if matches!(renewal.reason, RenewalReason::Rejected(_))
            && self.has_moved(services, &login).await
        {
            return Err(Error::needs_login_because(
                "the resource names another authorization server now: sign in there",
            ));
        }
        self.reach_server(services, &login).await?;
        self.login.renew(services, renewal).await
    }

    /// Returns whether the resource names other servers than the one of a login. Where it says nothing
    /// now, it says nothing else.
    async fn has_moved(&self, services: &Services, login: &ResourceLogin) -> bool {
        let metadata = self.resource_metadata(services).await;
        let Ok(Some(metadata)) = metadata else {
            return false;
        };
        let mut servers = metadata.authorization_servers.iter();
        !servers.any(|issuer| issuer.as_str() == login.issuer)
    }

    /// Makes the server of a login the current one, with the client that the login belongs to.
    async fn reach_server(
        &self,
        services: &Arc<Services>,
        login: &ResourceLogin,
    ) -> Result<(), Error> {
        let current = services.server.get();
        let is_client = |server: &AuthorizationServer| {
            let registration = &server.registration;
            registration.is_client_at(&login.client_id, &login.issuer)
        };
        if current.is_some_and(|server| is_client(&server)) {
            return Ok(());
        }
        let found = self.known_server(services, login).await?;
        let client = self.client_at(services, &found).await?;
        if client.registration.client_id != login.client_id {
            return Err(Error::needs_login_because(
                "the login belongs to another client than the one of today: sign in anew",
            ));
        }
        self.set_server(services, &found, client.registration);
        Ok(())
    }

    pub(super) fn set_server(
        &self,
        services: &Services,
        found: &FoundServer,
        registration: ClientRegistration,
    ) -> Arc<AuthorizationServer> {
        let shared = &services.shared;
        let server = AuthorizationServer::new(
            registration,
            Arc::clone(&shared.connection),
            (
                Arc::clone(&shared.metadata),
                Arc::clone(&shared.issuer_keys),
            ),
            &services.policy,
        );
        let server = Arc::new(server.for_resource(found.resource.clone()));
        services.server.set(&server);
        server
    }

    /// A token of the client's own, or for an assertion.
    async fn request_own(
        &self,
        services: &Arc<Services>,
        renewal: &Renewal,
        step_up: Option<&ResourceChallenge>,
    ) -> Result<TokenAnswer, Error> {
        let known = self.lock().found.take();
        // A token that was rejected may be of a server that the resource has left.
        let known = known.filter(|_| !matches!(renewal.reason, RenewalReason::Rejected(_)));
        let found = match known {
            Some(found) => found,
            None => Arc::new(self.find_server(services).await?),
        };
        let client = self.client_at(services, &found).await?;
        let server = self.set_server(services, &found, client.registration);
        let scope = self.next_scope(&renewal.parameters, &found, step_up);
        let grant = match &self.settings.assertion {
            None => GrantParameters::ClientCredentials,
            Some(source) => {
                let request = AssertionRequest {
                    issuer: found.issuer.clone(),
                    resource: found.resource.clone(),
                    scope: scope.clone(),
                };
                let assertion = (source.0)(request).await;
                let assertion = assertion.map_err(|error| {
                    Error::from_source(error).at_step("getting an assertion for a token")
                })?;
                GrantParameters::JwtBearer { assertion }
            }
        };
        let parameters = TokenParameters {
            scope,
            ..(*renewal.parameters).clone()
        };
        let call = TokenCall::new(grant, &parameters, renewal.retry(&services.policy));
        let call = call.bound_to(services.dpop_key.clone());
        let answer = server.request_token(call, &services.tasks).await;
        let answer = answer.map_err(|error| {
            let step = format!("requesting a token at {}", found.issuer);
            Error::from(error).at_step(step)
        })?;
        let mut state = self.lock();
        state.is_explored = true;
        state.found = Some(found);
        Ok(answer)
    }
}

/// Returns whether a server does not know the client, or not any more.
pub(super) fn is_unknown_client(error: &Error) -> bool {
    error.oauth_error() == Some(&ErrorCode::InvalidClient)
}
