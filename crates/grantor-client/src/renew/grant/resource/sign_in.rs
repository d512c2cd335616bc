//! A user signs in at the authorization server of a resource.

use std::sync::Arc;

use grantor_core::{GrantParameters, TokenParameters};

use super::ResourceGrant;
use super::acquire::is_unknown_client;
use super::challenge::ResourceChallenge;
use super::client::ResourceClient;
use super::found::FoundServer;
use super::settings::UserSignIn;
use crate::authorization_server::authorization::SignInRequest;
use crate::authorization_server::request_object::RequestProtection;
use crate::authorization_server::token_endpoint::TokenCall;
use crate::config::authorization_answer::AuthorizationAnswer;
use crate::error::Error;
use crate::renew::commit::commit;
use crate::renew::services::Services;
use crate::renew::{Acquired, Renewal};
use crate::store::records::ResourceLogin;

impl ResourceGrant {
    /// Finds the server, is or becomes a client there, and has the user sign in. A client that the
    /// server does not know any more registers once more; `knows_client` is false if that is known.
    pub(super) async fn sign_in(
        &self,
        services: &Arc<Services>,
        renewal: &Renewal,
        step_up: Option<&ResourceChallenge>,
        knows_client: bool,
    ) -> Result<Acquired, Error> {
        let Some(user) = &self.settings.user else {
            return Err(Error::configuration("no user signs in for these tokens"));
        };
        let found = self.find_server(services).await?;
        if !knows_client {
            self.forget_registration(services, &found).await?;
        }
        let client = self.client_at(services, &found).await?;
        let may_register_again = client.is_registered;
        match self
            .sign_in_at(services, renewal, (user, &found, client), step_up)
            .await
        {
            Err(error) if may_register_again && is_unknown_client(&error) => {
                self.forget_registration(services, &found).await?;
                let client = self.client_at(services, &found).await?;
                self.sign_in_at(services, renewal, (user, &found, client), step_up)
                    .await
            }
            outcome => outcome,
        }
    }

    async fn sign_in_at(
        &self,
        services: &Arc<Services>,
        renewal: &Renewal,
        (user, found, client): (&UserSignIn, &FoundServer, ResourceClient),
        step_up: Option<&ResourceChallenge>,
    ) -> Result<Acquired, Error> {
        let client_id = client.registration.client_id.clone();
        let server = self.set_server(services, found, client.registration);
        let scope = self.next_scope(&renewal.parameters, found, step_up);
        let parameters = TokenParameters {
            scope: scope.clone(),
            ..(*renewal.parameters).clone()
        };
        let redirect_uri = user.redirect_uri.as_ref();
        let redirect_uri =
            redirect_uri.ok_or_else(|| Error::configuration("there is no \"redirect_uri\""))?;
        let step = |what: &str| format!("{what} {}", found.issuer);
        let extra = step_up.map(ResourceChallenge::parameters);
        let asked = SignInRequest {
            redirect_uri,
            parameters: &parameters,
            extra: extra.as_deref().unwrap_or_default(),
            id_token: None,
            dpop_key: services.dpop_key.as_ref(),
            pushing: self.settings.pushing,
            unadvertised_s256: self.settings.unadvertised_s256,
            answer: AuthorizationAnswer::default(),
            protection: RequestProtection::default(),
        };
        let begun = server.begin_authorization(&asked).await;
        let begun = begun.map_err(|error| error.at_step(step("beginning a sign-in at")))?;
        let redirect = tokio::select! {
            redirect = (user.authorize)(begun.url) => redirect,
            () = services.tasks.closed() => {
                return Err(Error::configuration(
                    "the tokens were closed before the user had signed in",
                ));
            }
        };
        let redirect = redirect.map_err(|error| {
            let message = format!("the user was not signed in: {error}");
            Error::needs_login_because(message).at_step(step("taking the user to"))
        })?;
        let code = server.code_of_redirect(&begun.state, &redirect).await;
        let code = code.map_err(|error| error.at_step(step("reading the redirect from")))?;
        let grant = GrantParameters::AuthorizationCode {
            code,
            redirect_uri: Some(redirect_uri.as_str().to_owned()),
            code_verifier: Some(begun.code_verifier),
        };
        let call = TokenCall::new(grant, &parameters, services.policy.retry.clone());
        let call = call.bound_to(services.dpop_key.clone());
        let answer = server.request_token(call, &services.tasks).await;
        let mut answer =
            answer.map_err(|error| Error::from(error).at_step(step("redeeming the code at")))?;
        // RFC 6749 section 5.1: a server that names no scope gave the one that was requested.
        if answer.response.scope.is_none() {
            answer.response.scope.clone_from(&scope);
        }
        let resource_login = ResourceLogin {
            issuer: found.issuer.clone(),
            client_id,
            resource: found.resource.clone(),
            resource_metadata: self.lock().resource_metadata.clone(),
            scope: scope.map(|scope| scope.as_str().to_owned()),
        };
        let tokens = self.login.begin(services, &answer, Some(resource_login));
        let tokens = tokens.await;
        self.lock().is_explored = true;
        commit(services, renewal, &answer, Some(tokens)).await
    }
}
