//! What a client knows beforehand of the signed tokens that it gets.

use grantor_core::openid::TokenDecryption;
use grantor_jose::Algorithm;

/// The settings of a client for ID tokens, UserInfo and logout tokens, and for authorization responses that
/// are a JWT.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdTokenSettings {
    /// The registered algorithm (`id_token_signed_response_alg`), in place of those that the server
    /// publishes.
    pub(crate) algorithm: Option<Algorithm>,
    /// Other clients that tokens may name.
    pub(crate) trusted_clients: Vec<String>,
    pub(crate) decryption: Option<TokenDecryption>,
    /// The issuer of the server is a template for the issuers of its tenants.
    pub(crate) any_tenant: bool,
    /// The registered algorithm of authorization responses (`authorization_signed_response_alg`).
    pub(crate) response_algorithm: Option<Algorithm>,
    pub(crate) response_decryption: Option<TokenDecryption>,
    /// Answers of the introspection endpoint have to be signed (RFC 9701).
    pub(crate) signed_introspection: Option<IntrospectionSignature>,
}

/// The signature that answers of the introspection endpoint must have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IntrospectionSignature {
    /// Any that is not symmetric, if none is registered.
    pub(crate) algorithm: Option<Algorithm>,
}
