//! A token request as it is sent.

use bytes::Bytes;
use http::Request;
use url::Url;

use super::TokenRequest;
use crate::client_authentication::ClientAuthentication;
use crate::params::Params;
use crate::quirks::Quirks;
use crate::token::wire::to_request;
use crate::token::{GrantParameters, TokenParameters};

impl TokenRequest {
    /// Returns it as parameters.
    #[must_use]
    pub fn to_params(&self) -> Params<'static> {
        self.to_params_with(&Quirks::NONE)
    }

    fn to_params_with(&self, quirks: &Quirks) -> Params<'static> {
        let mut params = Params::new();
        self.grant.push_to(&mut params);
        self.parameters.push_to(&mut params, quirks);
        params
    }

    /// The HTTP request to a token endpoint.
    #[must_use]
    pub fn to_request(&self, endpoint: &Url, client: &ClientAuthentication) -> Request<Bytes> {
        self.to_request_with(endpoint, client, &Quirks::NONE)
    }

    /// The HTTP request to a token endpoint, as this server wants it.
    #[must_use]
    pub fn to_request_with(
        &self,
        endpoint: &Url,
        client: &ClientAuthentication,
        quirks: &Quirks,
    ) -> Request<Bytes> {
        let params = self.to_params_with(quirks);
        to_request(endpoint, params, client, quirks)
    }
}

impl TokenParameters {
    /// Appends them to a request's parameters.
    fn push_to(&self, params: &mut Params<'static>, quirks: &Quirks) {
        let scope = self.scope.as_ref();
        params.push_some(
            "scope",
            scope.map(|scope| quirks.write_scope(scope.as_str())),
        );
        for resource in &self.resource {
            params.push("resource", resource.clone());
        }
        for audience in &self.audience {
            params.push("audience", audience.clone());
        }
        let details = self.authorization_details.as_ref();
        params.push_some("authorization_details", details.map(ToString::to_string));
        for (name, value) in &self.extra {
            params.push(name.clone(), value.clone());
        }
    }
}

impl GrantParameters {
    fn push_to(&self, params: &mut Params<'static>) {
        params.push("grant_type", self.grant_type().to_owned());
        match self {
            Self::AuthorizationCode {
                code,
                redirect_uri,
                code_verifier,
            } => {
                params.push("code", code.expose().to_owned());
                params.push_some("redirect_uri", redirect_uri.clone());
                let verifier = code_verifier.as_ref();
                params.push_some("code_verifier", verifier.map(|v| v.expose().to_owned()));
            }
            Self::Ciba { auth_req_id } => {
                params.push("auth_req_id", auth_req_id.expose().to_owned());
            }
            Self::DeviceCode { device_code } => {
                params.push("device_code", device_code.expose().to_owned());
            }
            Self::JwtBearer { assertion } => {
                params.push("assertion", assertion.expose().to_owned())
            }
            Self::Password { username, password } => {
                params.push("username", username.clone());
                params.push("password", password.expose().to_owned());
            }
            Self::RefreshToken { refresh_token } => {
                params.push("refresh_token", refresh_token.expose().to_owned())
            }
            Self::TokenExchange {
                subject_token,
                subject_token_type,
                actor,
                requested_token_type,
            } => {
                params.push("subject_token", subject_token.expose().to_owned());
                params.push("subject_token_type", subject_token_type.clone());
                if let Some(actor) = actor {
                    params.push("actor_token", actor.token.expose().to_owned());
                    params.push("actor_token_type", actor.token_type.clone());
                }
                params.push_some("requested_token_type", requested_token_type.clone());
            }
            Self::ClientCredentials | Self::Other { .. } => {}
        }
    }
}
