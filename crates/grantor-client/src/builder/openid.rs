//! Settings for ID tokens (OpenID Connect Core section 3.1.3.7), and for authorization responses that are a
//! JWT.

use grantor_core::openid::TokenDecryption;
use grantor_jose::Algorithm;

use super::TokensBuilder;
use crate::config::id_tokens::IntrospectionSignature;

impl TokensBuilder {
    /// The algorithm of the signatures of ID tokens, logout tokens and signed answers of UserInfo: that
    /// which the client registered as `id_token_signed_response_alg`. Without this it is any that the
    /// server publishes and that is not symmetric. With HMAC the key is the client's secret.
    pub fn id_token_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.id_tokens.algorithm = Some(algorithm);
        self
    }

    /// Decrypts ID tokens and answers of UserInfo that are encrypted to the client.
    pub fn decrypt_id_tokens(mut self, decryption: TokenDecryption) -> Self {
        self.id_tokens.decryption = Some(decryption);
        self
    }

    /// Answers of the introspection endpoint have to be signed (RFC 9701): requests accept nothing else, and
    /// issuer, audience (this client) and signature of an answer are validated. The algorithm is that which
    /// the client registered as `introspection_signed_response_alg`, or any that is not symmetric. One that is
    /// encrypted is decrypted by [`decrypt_id_tokens`](Self::decrypt_id_tokens).
    ///
    /// ```
    /// use grantor_client::Tokens;
    /// use grantor_jose::Algorithm;
    ///
    /// let api = Tokens::client_credentials("https://idp.example", "api", "s3cret")
    ///     .signed_introspection(Algorithm::Es256)
    ///     .build()?;
    /// # Ok::<(), grantor_client::Error>(())
    /// ```
    pub fn signed_introspection(mut self, algorithm: impl Into<Option<Algorithm>>) -> Self {
        self.id_tokens.signed_introspection = Some(IntrospectionSignature {
            algorithm: algorithm.into(),
        });
        self
    }

    /// The algorithm of the signatures of authorization responses that are a JWT (JARM): that which the
    /// client registered as `authorization_signed_response_alg`. Without this it is any that the server
    /// publishes and that is not symmetric. With HMAC the key is the client's secret.
    pub fn authorization_response_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.id_tokens.response_algorithm = Some(algorithm);
        self
    }

    /// Decrypts authorization responses that are a JWT and encrypted to the client (JARM section 2.2).
    pub fn decrypt_authorization_responses(mut self, decryption: TokenDecryption) -> Self {
        self.id_tokens.response_decryption = Some(decryption);
        self
    }

    /// Trusts another client of the server: ID tokens may name it in `aud` beside this one, and in `azp`.
    pub fn trust_client(mut self, client_id: impl Into<String>) -> Self {
        self.id_tokens.trusted_clients.push(client_id.into());
        self
    }

    /// Takes ID tokens of every tenant: the issuer of the server is a template with `{tenantid}`, as
    /// Microsoft's is for `common` and `organizations`. The tenant's identifier in the issuer of a token
    /// must be the token's claim `tid`. Whoever has a tenant there can sign in, so look at `tid`.
    ///
    /// ```
    /// use grantor_client::{Server, Tokens};
    ///
    /// let common = Server::issuer("https://login.microsoftonline.com/{tenantid}/v2.0").metadata_at(
    ///     "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration",
    /// );
    /// let flow = Tokens::login(common, "app")
    ///     .client_secret("s3cret")
    ///     .scope("openid profile")
    ///     .danger_any_tenant()
    ///     .code_flow("https://app.example/callback")?;
    /// # Ok::<(), grantor_client::Error>(())
    /// ```
    pub fn danger_any_tenant(mut self) -> Self {
        self.id_tokens.any_tenant = true;
        self
    }
}
