//! The request that the browser carries to the authorization endpoint, and the answer that it brings
//! back (RFC 6749 sections 4.1 and 4.2, RFC 7636, RFC 8707, RFC 9101, RFC 9126, RFC 9207, RFC 9449 section 10,
//! OAuth 2.0 Multiple Response Types, JARM).

use std::time::Duration;

use grantor_core::{
    AuthorizationError, AuthorizationRequest, AuthorizationResponse, Authorized, CodeVerifier,
    RedirectUri, Secret, ServerMetadata, TokenParameters,
};
use url::Url;

use super::AuthorizationServer;
use super::redirect::{parameters_of, redirected};
use super::request_object::RequestProtection;
use crate::config::authorization_answer::AuthorizationAnswer;
use crate::error::Error;
use crate::providers::Pkce;
use crate::token::dpop_key::DpopKey;

/// The parameters of every request, and one that none may have.
const OWN: [&str; 12] = [
    "response_type",
    "response_mode",
    "client_id",
    "client_secret",
    "redirect_uri",
    "state",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
    "authorization_details",
    "request",
    "request_uri",
];

/// The request of a sign-in, but for what is new every time.
pub(crate) struct SignInRequest<'a> {
    pub(crate) redirect_uri: &'a RedirectUri,
    pub(crate) parameters: &'a TokenParameters,
    pub(crate) extra: &'a [(String, String)],
    /// None: no ID token is asked for.
    pub(crate) id_token: Option<IdTokenDemands<'a>>,
    pub(crate) dpop_key: Option<&'a DpopKey>,
    pub(crate) pushing: Pushing,
    pub(crate) unadvertised_s256: UnadvertisedS256,
    pub(crate) answer: AuthorizationAnswer,
    pub(crate) protection: RequestProtection,
}

/// The demands on the ID token of a sign-in (OpenID Connect Core section 3.1.2.1).
#[derive(Clone, Copy)]
pub(crate) struct IdTokenDemands<'a> {
    pub(crate) max_age: Option<Duration>,
    pub(crate) acr_values: &'a [String],
}

/// Says when a request is pushed before the browser is sent (RFC 9126).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Pushing {
    #[default]
    WhereRequired,
    Always,
}

/// Says whether a sign-in goes on at a server that does not say that it knows S256.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum UnadvertisedS256 {
    #[default]
    Refused,
    Accepted,
}

/// A sign-in whose user is sent to the server.
pub(crate) struct BegunAuthorization {
    pub(crate) url: Url,
    pub(crate) state: String,
    /// For the ID token, if one was asked for.
    pub(crate) nonce: Option<String>,
    pub(crate) code_verifier: CodeVerifier,
}

impl SignInRequest<'_> {
    /// Checks that no further parameter is one that the request has already: a server may believe either
    /// (RFC 6749 section 3.1).
    fn check_extra(&self) -> Result<(), Error> {
        let has_scope = self.parameters.scope.is_some();
        let mut names = self.extra.iter().map(|(name, _)| name.as_str());
        let has_nonce = self.id_token.is_some();
        let own = |name: &&str| {
            OWN.contains(name) || (has_scope && *name == "scope") || (has_nonce && *name == "nonce")
        };
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
}

impl AuthorizationServer {
    /// Begins a sign-in: makes the request, and pushes it if the server or the program wants that.
    pub(crate) async fn begin_authorization(
        &self,
        asked: &SignInRequest<'_>,
    ) -> Result<BegunAuthorization, Error> {
        asked.check_extra()?;
        let metadata = self.published_metadata().await?;
        let metadata = metadata.as_deref();
        let endpoint = self.authorization_endpoint(metadata)?;
        let has_code = asked.answer.response_type.code;
        if has_code && asked.unadvertised_s256 == UnadvertisedS256::Refused {
            self.check_s256(metadata)?;
        }
        let environment = &self.connection.environment;
        let state = environment.random_text::<32>();
        let code_verifier = CodeVerifier::from_random(environment.random_bytes());
        let mut request = self.authorization_request(asked, state.clone(), &code_verifier);
        if let Some(demands) = asked.id_token {
            let acr_values = demands.acr_values;
            request.nonce = Some(environment.random_text::<32>());
            request.max_age = demands.max_age.map(whole_seconds);
            request.acr_values = (!acr_values.is_empty()).then(|| acr_values.join(" "));
        }
        let nonce = request.nonce.clone();
        let mut request = self.protected(request, &asked.protection, metadata).await?;
        let required = metadata.is_some_and(|it| it.require_pushed_authorization_requests);
        if required || asked.pushing == Pushing::Always {
            let request_uri = self.push_authorization(&request).await?;
            request = AuthorizationRequest::of_pushed(&self.registration.client_id, request_uri);
        }
        let url = request.to_url_with(endpoint, &self.registration.server.quirks);
        let url = url.map_err(|_| {
            Error::configuration("the authorization endpoint and the parameters make no URL")
        })?;
        Ok(BegunAuthorization {
            url,
            state,
            nonce,
            code_verifier,
        })
    }

    /// The code of a redirect that answers the request with this `state`.
    pub(crate) async fn code_of_redirect(
        &self,
        state: &str,
        redirect: &str,
    ) -> Result<Secret, Error> {
        let asked = AuthorizationAnswer::default();
        let authorized = self.answer_of_redirect((state, &asked), redirect).await?;
        let missing = AuthorizationError::Missing("code");
        authorized.code.ok_or_else(|| redirected(&missing))
    }

    /// What a redirect grants that answers the request with this `state`: all that was asked for.
    pub(crate) async fn answer_of_redirect(
        &self,
        (state, asked): (&str, &AuthorizationAnswer),
        redirect: &str,
    ) -> Result<Authorized, Error> {
        let metadata = self.published_metadata().await?;
        let advertised =
            metadata.is_some_and(|it| it.authorization_response_iss_parameter_supported);
        let issuer = self.registration.server.issuer.as_ref();
        let mode = asked.mode();
        let parameters = parameters_of(redirect, &mode);
        let answer = if mode.is_jwt() {
            let jwt = AuthorizationResponse::jwt_in(parameters);
            let jwt = jwt.map_err(|error| redirected(&error))?;
            self.read_jwt_response(&jwt).await?
        } else {
            AuthorizationResponse::from_query(parameters).map_err(|error| redirected(&error))?
        };
        // RFC 9207 section 4: an ID token names the issuer, and is validated before anything is used.
        let named_otherwise = asked.response_type.id_token
            && matches!(&answer.outcome, Ok(authorized) if authorized.id_token.is_some());
        answer
            .into_authorized(state, issuer, advertised && !named_otherwise)
            .and_then(|authorized| authorized.of_type(&asked.response_type))
            .map_err(|error| redirected(&error))
    }

    /// All parameters, once.
    fn authorization_request(
        &self,
        asked: &SignInRequest<'_>,
        state: String,
        verifier: &CodeVerifier,
    ) -> AuthorizationRequest {
        let parameters = asked.parameters;
        let audience = parameters.audience.iter();
        let audience = audience.map(|it| ("audience".to_owned(), it.clone()));
        let scope = parameters.scope.as_ref();
        let details = parameters.authorization_details.as_ref();
        let answer = &asked.answer;
        let challenge = answer
            .response_type
            .code
            .then(|| verifier.challenge().value);
        AuthorizationRequest {
            response_type: Some(answer.response_type.clone()),
            response_mode: answer.response_mode.clone(),
            client_id: Some(self.registration.client_id.clone()),
            redirect_uri: Some(asked.redirect_uri.as_str().to_owned()),
            scope: scope.map(|scope| scope.as_str().to_owned()),
            state: Some(state),
            code_challenge_method: challenge.as_ref().map(|_| "S256".to_owned()),
            code_challenge: challenge,
            dpop_jkt: asked.dpop_key.map(|key| key.thumbprint().to_owned()),
            resource: self.resource_of(parameters),
            authorization_details: details.map(ToString::to_string),
            extra: audience.chain(asked.extra.iter().cloned()).collect(),
            ..AuthorizationRequest::default()
        }
    }

    fn authorization_endpoint<'a>(
        &'a self,
        metadata: Option<&'a ServerMetadata>,
    ) -> Result<&'a Url, Error> {
        let published = metadata.and_then(|metadata| metadata.authorization_endpoint.as_ref());
        let given = self.registration.server.endpoints.authorization.as_ref();
        given.or(published).ok_or_else(|| {
            Error::configuration(format!(
                "the metadata of {} has no \"authorization_endpoint\"",
                self.registration.name()
            ))
        })
    }

    /// Checks that a stolen code would be of no use: by PKCE, or by a secret of the client.
    fn check_s256(&self, metadata: Option<&ServerMetadata>) -> Result<(), Error> {
        let methods = metadata.map(|metadata| &metadata.code_challenge_methods_supported);
        let advertised = methods.is_some_and(|methods| methods.iter().any(|it| it == "S256"));
        let name = self.registration.name();
        match self.registration.server.pkce {
            _ if advertised => Ok(()),
            Pkce::S256 => Ok(()),
            // RFC 9700 section 2.1.1 demands PKCE of public clients.
            Pkce::Undocumented if self.registration.is_confidential() => Ok(()),
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

fn whole_seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}
