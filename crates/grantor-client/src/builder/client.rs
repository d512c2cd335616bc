//! The client and the server of the tokens.

use grantor_core::{Secret, TokenEndpointAuthMethod};

use super::TokensBuilder;
use crate::authorization_server::assertion::Assertion;
use crate::authorization_server::client_credential::ClientCredential;

impl TokensBuilder {
    pub(super) fn client_credential(self, credential: impl Into<ClientCredential>) -> Self {
        match credential.into() {
            ClientCredential::None => self,
            given @ (ClientCredential::Workload(_) | ClientCredential::Saml(_)) => {
                self.given_assertion(&given)
            }
            ClientCredential::Secret(secret) => self.client_secret(secret),
            ClientCredential::Assertion(assertion) => self.client_assertion(*assertion),
        }
    }

    /// The secret of a confidential client. It is sent as it is: take off the line end and the byte
    /// order mark of a file. An empty one is sent where [`auth_method`](Self::auth_method) names
    /// `client_secret_basic`.
    pub fn client_secret(mut self, client_secret: impl Into<Secret>) -> Self {
        self.client_secret = Some(client_secret.into());
        self.client_assertion = None;
        self.given_assertion = None;
        self
    }

    /// The assertion by which the client authenticates, in place of a secret (RFC 7523 section 2.2):
    /// `private_key_jwt`, or `client_secret_jwt` where the key is a secret. Issuer and subject are the
    /// client, and every request has one of its own.
    pub fn client_assertion(mut self, assertion: Assertion) -> Self {
        self.client_assertion = Some(assertion);
        self.client_secret = None;
        self.given_assertion = None;
        self
    }

    /// Names the client, where the tokens are given for something else and the server wants to know
    /// the client all the same: [`Tokens::jwt_bearer`](crate::Tokens::jwt_bearer) and
    /// [`Tokens::token_exchange`](crate::Tokens::token_exchange).
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = client_id.into();
        self
    }

    /// How the client authenticates; otherwise the best of what the server takes.
    pub fn auth_method(mut self, method: TokenEndpointAuthMethod) -> Self {
        self.method = Some(method);
        self
    }

    /// The token endpoint, in place of the one that the issuer publishes.
    pub fn token_endpoint(mut self, url: impl Into<String>) -> Self {
        let server = self.server.get_or_insert_default();
        server.endpoints.token = Some(url.into());
        self
    }
}
