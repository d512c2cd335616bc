//! The request that the browser carries to the authorization endpoint (RFC 6749 section 4.1.1,
//! RFC 7636, RFC 8707, RFC 9449 section 10).

use grantor_core::{AuthorizationRequest, CodeVerifier, ResponseType, ServerMetadata};
use url::Url;

use super::code_flow::CodeFlow;
use crate::error::Error;
use crate::providers::Pkce;
use crate::token::dpop_key::DpopKey;

/// The parameters of every request, and one that none may have.
const OWN: [&str; 8] = [
    "response_type",
    "client_id",
    "client_secret",
    "redirect_uri",
    "state",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
];

impl CodeFlow {
    /// All parameters, once.
    pub(super) fn authorization_request(
        &self,
        state: String,
        verifier: &CodeVerifier,
        dpop_key: Option<&DpopKey>,
    ) -> Result<AuthorizationRequest, Error> {
        let parameters = self.builder.token_parameters()?;
        self.check_parameters(parameters.scope.is_some())?;
        let audience = parameters
            .audience
            .into_iter()
            .map(|it| ("audience".to_owned(), it));
        Ok(AuthorizationRequest {
            response_type: Some(ResponseType::code()),
            client_id: Some(self.builder.client_id.clone()),
            redirect_uri: Some(self.redirect_uri.as_str().to_owned()),
            scope: parameters.scope.map(|scope| scope.as_str().to_owned()),
            state: Some(state),
            code_challenge: Some(verifier.challenge().value),
            code_challenge_method: Some("S256".to_owned()),
            dpop_jkt: dpop_key.map(|key| key.thumbprint().to_owned()),
            resource: parameters.resource,
            extra: audience.chain(self.parameters.iter().cloned()).collect(),
            ..AuthorizationRequest::default()
        })
    }

    /// Checks that no further parameter is one that the request has already: a server may believe either
    /// (RFC 6749 section 3.1).
    fn check_parameters(&self, has_scope: bool) -> Result<(), Error> {
        let mut names = self.parameters.iter().map(|(name, _)| name.as_str());
        let own = |name: &&str| OWN.contains(name) || (has_scope && *name == "scope");
        match names.find(own) {
            Some("client_secret") => Err(Error::configuration(
                "\"client_secret\" is no parameter of an authorization request: it would be in the \
                 history of the user's browser",
            )),
            Some(name) => Err(Error::configuration(format!(
                "the parameter \"{name}\" of the authorization request is set by the flow itself"
            ))),
            None => Ok(()),
        }
    }

    /// Where the user is sent, if a stolen code would be of no use to anybody.
    pub(super) fn authorization_endpoint<'a>(
        &'a self,
        metadata: Option<&'a ServerMetadata>,
    ) -> Result<&'a Url, Error> {
        let published = metadata.and_then(|metadata| metadata.authorization_endpoint.as_ref());
        let Some(endpoint) = self
            .server
            .registration
            .server
            .endpoints
            .authorization
            .as_ref()
            .or(published)
        else {
            return Err(Error::configuration(format!(
                "the metadata of {} has no \"authorization_endpoint\"",
                self.name()
            )));
        };
        if !self.s256_may_be_unadvertised {
            self.check_s256(metadata)?;
        }
        Ok(endpoint)
    }

    /// Checks that a stolen code would be of no use: by PKCE, or by a secret of the client.
    fn check_s256(&self, metadata: Option<&ServerMetadata>) -> Result<(), Error> {
        let methods = metadata.map(|metadata| &metadata.code_challenge_methods_supported);
        let advertised = methods.is_some_and(|methods| methods.iter().any(|it| it == "S256"));
        let name = self.name();
        match self.server.registration.server.pkce {
            _ if advertised => Ok(()),
            Pkce::S256 => Ok(()),
            // RFC 9700 section 2.1.1 demands PKCE of public clients.
            Pkce::Undocumented if self.builder.is_confidential() => Ok(()),
            Pkce::Undocumented => Err(Error::configuration(format!(
                "{name} is not known to take PKCE, so only a client secret keeps a stolen code from being \
                 used, and there is none: give one by \"client_secret\", or accept this by \
                 \"danger_unadvertised_s256\""
            ))),
            Pkce::Unknown => Err(Error::configuration(format!(
                "{name} does not say that it knows PKCE with S256: if its documentation does, set \
                 \"pkce\" of the Server to Pkce::S256; otherwise accept this by \
                 \"danger_unadvertised_s256\""
            ))),
        }
    }
}
