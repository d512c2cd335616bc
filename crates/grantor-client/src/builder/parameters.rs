//! Which token is wanted, and where it may go.

use grantor_core::{AuthorizationDetails, Scope, TokenParameters};
use serde_json::Value;

use super::TokensBuilder;
use crate::config::placement::BearerMethod;
use crate::error::Error;
use crate::renew::grant::kind::GrantKind;
use crate::token::token_set::TokenSet;

impl TokensBuilder {
    /// The scope to request: values with spaces between them. A second call replaces the first.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Where the token is to be used (RFC 8707). May be given more than once.
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.parameters.resource.push(resource.into());
        self
    }

    /// Where the token is to be used, as some servers name it. May be given more than once.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.parameters.audience.push(audience.into());
        self
    }

    /// The detailed authorization to request, as JSON: an array of objects that have a `type` (RFC 9396).
    /// It goes with the authorization request and with every request for a token. A second call replaces
    /// the first. The granted one is [`AccessToken::authorization_details`].
    ///
    /// ```
    /// use grantor_client::Tokens;
    ///
    /// let tokens = Tokens::client_credentials("https://idp.example", "app", "s3cret")
    ///     .authorization_details(serde_json::json!([{
    ///         "type": "account_information",
    ///         "actions": ["list_accounts"],
    ///     }]))
    ///     .build()?;
    /// # Ok::<(), grantor_client::Error>(())
    /// ```
    ///
    /// [`AccessToken::authorization_details`]: crate::AccessToken::authorization_details
    pub fn authorization_details(mut self, details: impl Into<Value>) -> Self {
        self.authorization_details = Some(details.into());
        self
    }

    /// A further parameter of the token request. It goes with every renewal too, and tokens that
    /// were fetched with other parameters are other tokens. One that the request has already, as
    /// `grant_type`, is an error.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.extra.push((name.into(), value.into()));
        self
    }

    /// Where requests carry the token; in a header, if nothing else is said.
    pub fn bearer_method(mut self, method: BearerMethod) -> Self {
        self.bearer_method = method;
        self
    }

    /// An origin that the token may go to, as `https://api.example`, or a URL below it. May be given
    /// more than once. Plain http is for loopback addresses, and below `localhost` for the sessions of
    /// grantor's own client.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// Names one of several logins of this client: a user's name, an account.
    pub fn login_label(mut self, name: impl Into<String>) -> Self {
        self.label = name.into();
        self
    }

    /// Tokens that are at hand: the access token is used until its end, the refresh token then. With
    /// a store that knows a newer refresh token of the same login, that one is used.
    ///
    /// ```
    /// use grantor_client::{TokenSet, Tokens};
    ///
    /// # let kept = r#"{"access_token":"at","refresh_token":"rt","expires_at":4102444800}"#;
    /// let tokens = Tokens::login("https://idp.example", "app")
    ///     .token_set(TokenSet::from_json(kept)?)
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn token_set(mut self, tokens: impl Into<TokenSet>) -> Self {
        let tokens = tokens.into();
        if let GrantKind::Login { refresh_token, .. } = &mut self.grant
            && tokens.refresh_token.is_some()
        {
            refresh_token.clone_from(&tokens.refresh_token);
        }
        self.seed_tokens = Some(tokens);
        self
    }

    pub(crate) fn token_parameters(&self) -> Result<TokenParameters, Error> {
        let mut parameters = self.parameters.clone();
        if let Some(scope) = &self.scope {
            let scope = Scope::parse(scope);
            let scope =
                scope.map_err(|error| Error::configuration(format!("\"scope\": {error}")))?;
            parameters.scope = Some(scope);
        }
        if let Some(details) = &self.authorization_details {
            parameters.authorization_details = Some(read_details(details)?);
        }
        Ok(parameters)
    }
}

/// A detailed authorization as a program gives it.
fn read_details(details: &Value) -> Result<AuthorizationDetails, Error> {
    let read = AuthorizationDetails::from_value(details);
    read.map_err(|error| Error::configuration(format!("\"authorization_details\" {error}")))
}
