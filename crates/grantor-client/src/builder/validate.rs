//! The problems of a configuration that show before anything is sent.

use grantor_core::{Secret, TokenEndpointAuthMethod, TokenParameters};

use super::TokensBuilder;
use crate::authorization_server::assertion::constructors::byte_order_mark;
use crate::renew::grant::kind::GrantKind;
use crate::store::location::{StoreLocation, StoreSharing};

impl TokensBuilder {
    /// Adds the problems of the client and its grant that show before anything is sent.
    pub(super) fn check_client(&self, problems: &mut Vec<String>) {
        let by_secret = [
            TokenEndpointAuthMethod::ClientSecretBasic,
            TokenEndpointAuthMethod::ClientSecretPost,
        ];
        let method = self.method.as_ref();
        if self.client_secret.is_none() && method.is_some_and(|it| by_secret.contains(it)) {
            problems.push("the client is to authenticate by a secret, and has none".to_owned());
        }
        if self.store_sharing == StoreSharing::Nobody
            && matches!(self.store, StoreLocation::InMemory)
        {
            problems.push("\"single_process\" is said of a store, and there is none".to_owned());
        }
        let details = self.authorization_details.is_some();
        let asks = details || self.scope.is_some() || self.parameters != TokenParameters::default();
        if matches!(self.grant, GrantKind::StaticToken) && (asks || self.client_secret.is_some()) {
            let what = "a static token is not asked for";
            problems.push(format!("{what}: a scope or a secret is of no use"));
        }
        if self.uses_foreign_services && !self.hooks.is_empty() {
            problems.push(
                "\"share_with\" takes the hooks of the other tokens: add hooks there".to_owned(),
            );
        }
        if self.exchange_option_misused {
            let what = "a subject, an actor or a requested token type is of no use";
            problems.push(format!("{what} without \"token_exchange\""));
        }
        if self.resource_option_misused {
            let what = "how a user signs in, a client of one server or an assertion is of no use";
            problems.push(format!("{what} without \"for_resource\""));
        }
        if let GrantKind::TokenExchange(exchange) = &self.grant
            && exchange.workload.is_some()
            && (exchange.subjects.is_some() || exchange.actor.is_some() || exchange.optional)
        {
            problems.push(
                "the subject is the token of the platform: leave other subjects and actors out"
                    .to_owned(),
            );
        }
        if self.given_assertion.is_some() && self.method.is_some() {
            let what = "the client passes an assertion of another party on";
            problems.push(format!("{what}: \"auth_method\" is of no use"));
        }
        if self.server.is_some() {
            self.check_parameters(problems);
        }
        if self.needs_client() && self.client_id.is_empty() {
            problems.push("\"client_id\" is empty".to_owned());
        }
        if let Some(secret) = &self.client_secret {
            self.check_secret(secret, problems);
        }
        if let Some(assertion) = &self.client_assertion {
            assertion.check_client(&self.client_id, problems);
        }
        let signs = |method: &TokenEndpointAuthMethod| {
            matches!(
                method,
                TokenEndpointAuthMethod::PrivateKeyJwt | TokenEndpointAuthMethod::ClientSecretJwt
            )
        };
        if let Some(method) = self.method.as_ref().filter(|method| signs(method)) {
            self.check_signing(method, problems);
        }
        if let Some(TokenEndpointAuthMethod::Other(name)) = &self.method {
            problems.push(format!("the client authentication \"{name}\" is not known"));
        }
        match &self.grant {
            GrantKind::JwtBearer(assertion) => {
                if let Some(assertion) = assertion.signed() {
                    assertion.check_grant(problems);
                }
            }
            GrantKind::Resource(settings) => self.check_resource(settings, problems),
            GrantKind::Login {
                refresh_token: Some(refresh_token),
                ..
            } if refresh_token.is_empty() => problems.push("the refresh token is empty".to_owned()),
            GrantKind::Login {
                user: Some(user), ..
            } if user.username.is_empty() => problems.push("\"username\" is empty".to_owned()),
            _ => {}
        }
        self.check_signature(problems);
        let given = self.seed_tokens.as_ref();
        if given.is_some_and(|given| given.access_token.is_empty()) {
            problems.push("the access token that was handed in is empty".to_owned());
        }
    }

    /// Checks that no further parameter is one that requests have already: a server may believe either,
    /// or refuse both (RFC 6749 section 3.2).
    fn check_parameters(&self, problems: &mut Vec<String>) {
        for (name, _) in &self.parameters.extra {
            let is_own = match name.as_str() {
                "grant_type" => true,
                "client_secret" => self.client_secret.is_some(),
                "client_assertion" | "client_assertion_type" => {
                    self.client_assertion.is_some() || self.given_assertion.is_some()
                }
                "scope" => self.scope.is_some(),
                "authorization_details" => self.authorization_details.is_some(),
                _ => false,
            };
            if is_own {
                problems.push(format!(
                    "\"{name}\" is no further parameter: the request has it already"
                ));
            }
        }
    }

    /// Returns whether requests have to say who the client is. An assertion or a token that is
    /// exchanged may be enough (RFC 7521 section 4.1, RFC 8693 section 2.1).
    fn needs_client(&self) -> bool {
        match &self.grant {
            GrantKind::JwtBearer(_) => self.is_confidential(),
            // Without a subject the client fetches a token of its own.
            GrantKind::TokenExchange(exchange) => exchange.optional || self.is_confidential(),
            _ => self.server.is_some(),
        }
    }

    /// Checks that the records of these tokens are found again among those of others.
    pub(super) fn check_login_label(&self, problems: &mut Vec<String>) {
        if !matches!(self.store, StoreLocation::Store(..)) || !self.label.is_empty() {
            return;
        }
        let problem = match &self.grant {
            GrantKind::TokenSource(_) => {
                "tokens of a source in a store need a \"login_label\", by which they are found again"
            }
            GrantKind::Login {
                refresh_token: None,
                user: None,
            }
            | GrantKind::Resource(_) => {
                "logins in a store need a \"login_label\", so that one user does not get another's \
                 tokens"
            }
            _ => return,
        };
        problems.push(problem.to_owned());
    }

    fn check_secret(&self, secret: &Secret, problems: &mut Vec<String>) {
        // RFC 6749 section 2.3.1: the parameter may be left out if the secret is empty, and HTTP Basic
        // has a place for it all the same.
        let by_basic = self.method == Some(TokenEndpointAuthMethod::ClientSecretBasic);
        if secret.is_empty() && !by_basic {
            problems.push(
                "\"client_secret\" is empty: leave it out, or name the \"auth_method\" \
                 client_secret_basic if the server wants an empty one"
                    .to_owned(),
            );
        }
        if secret.expose().starts_with('\u{feff}') {
            problems.push(byte_order_mark("\"client_secret\""));
        }
    }

    /// Checks that there is something to sign with by a method that was named.
    fn check_signing(&self, method: &TokenEndpointAuthMethod, problems: &mut Vec<String>) {
        let able = match (&self.client_assertion, &self.client_secret) {
            (Some(assertion), _) => assertion.method() == *method,
            (None, Some(_)) => *method == TokenEndpointAuthMethod::ClientSecretJwt,
            (None, None) => false,
        };
        if !able {
            problems.push(format!(
                "\"{}\" needs a \"client_assertion\" under a key of that kind",
                method.as_str()
            ));
        }
    }
}
