//! The request to a backchannel authentication endpoint (CIBA Core section 7.1).

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value};
use url::Url;

use crate::authorization_details::AuthorizationDetails;
use crate::client_authentication::ClientAuthentication;
use crate::params::Params;
use crate::quirks::Quirks;
use crate::scope::Scope;
use crate::secret::Secret;
use crate::token::to_request;

/// The user who is asked. A request has exactly one hint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserHint {
    /// A name, an address or a number by which the server knows the user (`login_hint`).
    Login(String),
    /// A token about the user, whose form is the server's (`login_hint_token`).
    LoginToken(Secret),
    /// An ID token of the user (`id_token_hint`).
    IdToken(Secret),
}

/// A request to ask a user without a browser (CIBA Core section 7.1), without the client's authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackchannelAuthenticationRequest {
    /// The requested scope, with `openid`.
    pub scope: Scope,
    /// The user who is asked.
    pub user: UserHint,
    /// What the server shows of its identity when it notifies the client; for the mode `ping`.
    pub client_notification_token: Option<Secret>,
    /// How the user is to prove who they are, in order of preference.
    pub acr_values: Vec<String>,
    /// A text that the user sees on both devices.
    pub binding_message: Option<String>,
    /// A secret of the user, without which nobody is to be asked.
    pub user_code: Option<Secret>,
    /// How long the user is to have, in whole seconds.
    pub requested_expiry: Option<Duration>,
    /// Where the token is to be used (RFC 8707).
    pub resource: Vec<String>,
    /// The detailed authorization (RFC 9396).
    pub authorization_details: Option<AuthorizationDetails>,
    /// Further parameters.
    pub extra: Vec<(String, String)>,
}

impl BackchannelAuthenticationRequest {
    /// A request about this user.
    #[must_use]
    pub fn new(scope: Scope, user: UserHint) -> Self {
        Self {
            scope,
            user,
            client_notification_token: None,
            acr_values: Vec::new(),
            binding_message: None,
            user_code: None,
            requested_expiry: None,
            resource: Vec::new(),
            authorization_details: None,
            extra: Vec::new(),
        }
    }

    /// Returns it as parameters.
    #[must_use]
    pub fn to_params(&self) -> Params<'static> {
        let mut params = Params::new();
        let exposed = |secret: &Option<Secret>| secret.as_ref().map(|s| s.expose().to_owned());
        params.push("scope", self.scope.as_str().to_owned());
        match &self.user {
            UserHint::Login(hint) => params.push("login_hint", hint.clone()),
            UserHint::LoginToken(hint) => params.push("login_hint_token", hint.expose().to_owned()),
            UserHint::IdToken(hint) => params.push("id_token_hint", hint.expose().to_owned()),
        }
        let notification = exposed(&self.client_notification_token);
        params.push_some("client_notification_token", notification);
        params.push("acr_values", self.acr_values.join(" "));
        params.push_some("binding_message", self.binding_message.clone());
        params.push_some("user_code", exposed(&self.user_code));
        let expiry = self
            .requested_expiry
            .map(|expiry| expiry.as_secs().to_string());
        params.push_some("requested_expiry", expiry);
        for resource in &self.resource {
            params.push("resource", resource.clone());
        }
        let details = self.authorization_details.as_ref();
        params.push_some("authorization_details", details.map(ToString::to_string));
        for (name, value) in &self.extra {
            params.push(name.clone(), value.clone());
        }
        params
    }

    /// Its parameters as the claims of a request that is signed (CIBA Core section 7.1.1).
    #[must_use]
    pub fn to_claims(&self) -> Map<String, Value> {
        self.to_params()
            .to_claims(&["requested_expiry", "authorization_details"])
    }

    /// The HTTP request to a backchannel authentication endpoint.
    #[must_use]
    pub fn to_request(
        &self,
        endpoint: &Url,
        client: &ClientAuthentication,
        quirks: &Quirks,
    ) -> Request<Bytes> {
        to_request(endpoint, self.to_params(), client, quirks)
    }

    /// The HTTP request with a request that is signed (CIBA Core section 7.1.1), which is all but the
    /// client's authentication.
    #[must_use]
    pub fn signed_to_request(
        signed: &Secret,
        endpoint: &Url,
        client: &ClientAuthentication,
        quirks: &Quirks,
    ) -> Request<Bytes> {
        let mut params = Params::new();
        params.push("request", signed.expose().to_owned());
        to_request(endpoint, params, client, quirks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_hint_and_only_what_was_said() {
        let scope = Scope::parse("openid read").unwrap();
        let mut request =
            BackchannelAuthenticationRequest::new(scope, UserHint::Login("ann".to_owned()));
        assert_eq!(
            request.to_params().to_form(),
            "scope=openid+read&login_hint=ann"
        );
        request.user = UserHint::IdToken("a.b.c".into());
        request.binding_message = Some("W4SCT".to_owned());
        request.requested_expiry = Some(Duration::from_secs(90));
        request.acr_values = vec!["gold".to_owned(), "silver".to_owned()];
        let params = request.to_params();
        assert_eq!(params.get("login_hint"), None);
        assert_eq!(params.get("id_token_hint"), Some("a.b.c"));
        assert_eq!(params.get("acr_values"), Some("gold silver"));
        let claims = request.to_claims();
        assert_eq!(claims["requested_expiry"], 90);
        assert_eq!(claims["binding_message"], "W4SCT");
    }
}
