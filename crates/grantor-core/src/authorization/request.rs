//! The authorization request.

#[cfg(feature = "exchange")]
mod send;

use std::fmt;

use super::{Prompt, ResponseMode, ResponseType};
use crate::params::Params;
use crate::secret::Secret;

/// A request to the authorization endpoint.
///
/// Parameters with a form of their own are read into it; those that only a server's configuration
/// can judge (scope, redirect URI, claims) stay as they were written. A parameter that can't be
/// read is in [`problems`](Self::problems) and its field is empty: the server answers it where its
/// order of checks says so, which is at the client once the client and the redirect URI are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// The values that the endpoint is to return: a code.
    pub response_type: Option<ResponseType>,
    /// How it is to come back.
    pub response_mode: Option<ResponseMode>,
    /// The client that sends the request.
    pub client_id: Option<String>,
    /// Where the answer goes.
    pub redirect_uri: Option<String>,
    /// The requested scope.
    pub scope: Option<String>,
    /// Comes back with the answer, bound to the user's browser by the client.
    pub state: Option<String>,
    /// The PKCE challenge (RFC 7636).
    pub code_challenge: Option<String>,
    /// How it was made.
    pub code_challenge_method: Option<String>,
    /// Where the token is to be used (RFC 8707).
    pub resource: Vec<String>,
    /// The pages that the server may show or must show.
    pub prompt: Option<Prompt>,
    /// How many seconds ago the user may have proved who they are.
    pub max_age: Option<u32>,
    /// Comes back in the ID token, bound to the client's session.
    pub nonce: Option<String>,
    /// The requested claims, as JSON (OpenID Connect Core section 5.5).
    pub claims: Option<String>,
    /// How the user is to prove who they are, in order of preference.
    pub acr_values: Option<String>,
    /// The user's name for the login form, as the user writes it.
    pub login_hint: Option<String>,
    /// An ID token of the user that must be signed in.
    pub id_token_hint: Option<Secret>,
    /// How pages are to be shown.
    pub display: Option<String>,
    /// The languages that the user prefers.
    pub ui_locales: Option<String>,
    /// The thumbprint of the DPoP key that the code is for (RFC 9449 section 10).
    pub dpop_jkt: Option<String>,
    /// The detailed authorization that is requested, as JSON (RFC 9396).
    pub authorization_details: Option<String>,
    /// The request as a JWT (RFC 9101).
    pub request: Option<Secret>,
    /// Where the request is (RFC 9101, RFC 9126).
    pub request_uri: Option<String>,
    /// Further parameters.
    pub extra: Vec<(String, String)>,
    /// The parameters that could not be read; empty in a request that is sent.
    pub problems: Vec<ParameterProblem>,
}

/// The reason why a parameter of a request can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParameterProblem {
    /// The parameter, fit for a message.
    pub name: String,
    reason: &'static str,
}

impl fmt::Display for ParameterProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" {}", self.name, self.reason)
    }
}

impl std::error::Error for ParameterProblem {}

impl AuthorizationRequest {
    /// Returns it as parameters.
    #[must_use]
    pub fn to_params(&self) -> Params<'static> {
        let mut params = Params::new();
        let text = |value: &dyn fmt::Display| value.to_string();
        params.push_some(
            "response_type",
            self.response_type.as_ref().map(|v| text(v)),
        );
        params.push_some(
            "response_mode",
            self.response_mode.as_ref().map(|v| text(v)),
        );
        params.push_some("client_id", self.client_id.clone());
        params.push_some("redirect_uri", self.redirect_uri.clone());
        params.push_some("scope", self.scope.clone());
        params.push_some("state", self.state.clone());
        params.push_some("code_challenge", self.code_challenge.clone());
        params.push_some("code_challenge_method", self.code_challenge_method.clone());
        for resource in &self.resource {
            params.push("resource", resource.clone());
        }
        let exposed = |secret: &Option<Secret>| secret.as_ref().map(|s| s.expose().to_owned());
        params.push_some("prompt", self.prompt.as_ref().map(|v| text(v)));
        params.push_some("max_age", self.max_age.map(|age| age.to_string()));
        params.push_some("nonce", self.nonce.clone());
        params.push_some("claims", self.claims.clone());
        params.push_some("acr_values", self.acr_values.clone());
        params.push_some("login_hint", self.login_hint.clone());
        params.push_some("id_token_hint", exposed(&self.id_token_hint));
        params.push_some("display", self.display.clone());
        params.push_some("ui_locales", self.ui_locales.clone());
        params.push_some("dpop_jkt", self.dpop_jkt.clone());
        params.push_some("authorization_details", self.authorization_details.clone());
        params.push_some("request", exposed(&self.request));
        params.push_some("request_uri", self.request_uri.clone());
        for (name, value) in &self.extra {
            params.push(name.clone(), value.clone());
        }
        params
    }

    /// Reads parameters. Of one that [is repeated](Params::repeated) the first value counts, and it
    /// is a problem.
    #[must_use]
    pub fn from_params(params: &Params<'_>) -> Self {
        let mut request = Self::default();
        for name in params.repeated() {
            request.problem(name, REPEATED);
        }
        for (name, value) in params.iter() {
            request.read(name, value);
        }
        request
    }

    fn read(&mut self, name: &str, value: &str) {
        let owned = || Some(value.to_owned());
        match name {
            // Spaces alone are no value.
            "response_type" | "prompt" if value.bytes().all(|byte| byte == b' ') => {}
            "response_type" => self.response_type = Some(ResponseType::parse(value)),
            "response_mode" => self.response_mode = Some(ResponseMode::parse(value)),
            "client_id" => self.client_id = owned(),
            "redirect_uri" => self.redirect_uri = owned(),
            "scope" => self.scope = owned(),
            "state" => self.state = owned(),
            "code_challenge" => self.code_challenge = owned(),
            "code_challenge_method" => self.code_challenge_method = owned(),
            "resource" => self.resource.push(value.to_owned()),
            "prompt" => match Prompt::parse(value) {
                Ok(prompt) => self.prompt = Some(prompt),
                Err(_) => self.problem(name, "has \"none\" beside another value"),
            },
            "max_age" => match value.parse() {
                Ok(age) if !value.starts_with('+') => self.max_age = Some(age),
                _ => self.problem(name, "is not a number of seconds"),
            },
            "nonce" => self.nonce = owned(),
            "claims" => self.claims = owned(),
            "acr_values" => self.acr_values = owned(),
            "login_hint" => self.login_hint = owned(),
            "id_token_hint" => self.id_token_hint = Some(Secret::new(value)),
            "display" => self.display = owned(),
            "ui_locales" => self.ui_locales = owned(),
            "dpop_jkt" => self.dpop_jkt = owned(),
            "authorization_details" => self.authorization_details = owned(),
            "request" => self.request = Some(Secret::new(value)),
            "request_uri" => self.request_uri = owned(),
            _ => self.extra.push((name.to_owned(), value.to_owned())),
        }
    }

    fn problem(&mut self, name: &str, reason: &'static str) {
        let name = name.to_owned();
        self.problems.push(ParameterProblem { name, reason });
    }

    /// Returns whether a parameter is given more than once: then nobody knows which value the
    /// client meant.
    #[must_use]
    pub fn is_repeated(&self, name: &str) -> bool {
        let mut problems = self.problems.iter();
        problems.any(|problem| problem.name == name && problem.reason == REPEATED)
    }

    /// The value of a further parameter.
    #[must_use]
    pub fn extra(&self, name: &str) -> Option<&str> {
        let mut pairs = self.extra.iter();
        pairs
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

const REPEATED: &str = "is given more than once";

#[cfg(test)]
mod tests;
