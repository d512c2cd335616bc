//! How a credential goes onto a request, and which tokens that carries.

use std::sync::Arc;

use grantor_core::oauth1::Signing;

use super::credential::TokenType;
use super::nonces::Nonces;

/// A way to carry a credential. The room `request` puts it onto a request.
#[derive(Debug, Clone, Default)]
pub(crate) enum Scheme {
    /// A bearer token (RFC 6750).
    #[default]
    Bearer,
    /// A bearer token that is bound to the certificate of the client's connections (RFC 8705 section 3).
    CertificateBound,
    /// A token that is bound to a key, and a proof for each request (RFC 9449).
    Dpop(Arc<DpopScheme>),
    /// No token: each request is signed (RFC 5849).
    OAuth1(Arc<Signing>),
    /// A bearer token beside a nonce that the API hands out first: what the doors must bear, without
    /// what proofs and signatures cost.
    #[cfg(test)]
    Nonce(Arc<Nonces>),
}

/// How requests to APIs are proven.
#[derive(Debug, Default)]
pub(crate) struct DpopScheme {
    /// The nonces of APIs; those of the authorization server are others.
    pub(crate) nonces: Nonces,
    /// Whether a token that is not bound is taken.
    pub(crate) accepts_bearer: bool,
}

impl Scheme {
    /// Returns whether it carries tokens of a type. Others are refused wherever they come from:
    /// handed in, found in a store, given by a server.
    pub(crate) fn carries(&self, token_type: TokenType) -> bool {
        match self {
            Self::Bearer | Self::CertificateBound => token_type == TokenType::Bearer,
            Self::Dpop(dpop) => match token_type {
                TokenType::Dpop => true,
                TokenType::Bearer => dpop.accepts_bearer,
                TokenType::NotApplicable => false,
            },
            Self::OAuth1(_) => false,
            #[cfg(test)]
            Self::Nonce(_) => token_type == TokenType::Bearer,
        }
    }

    /// Returns whether it is a bearer token alone, which the short way of a request puts on.
    pub(crate) fn is_bearer(&self) -> bool {
        matches!(self, Self::Bearer)
    }
}

impl Scheme {
    /// The type of a token that no request carries, as a message shows it: a server may call it
    /// anything.
    pub(crate) fn other_type(&self, token_type: &str) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let carried = match self {
            Self::Dpop(_) => "DPoP",
            _ => "Bearer",
        };
        let mut text = format!("another type than \"{carried}\"");
        if !token_type.is_empty() && token_type.len() <= 32 && token_type.chars().all(plain) {
            text = format!("{text}: \"{token_type}\"");
        }
        let is_bearer = TokenType::parse(token_type) == Some(TokenType::Bearer);
        if is_bearer && matches!(self, Self::Dpop(_)) {
            text.push_str(
                "; it is not bound to the key, so whoever gets hold of it can use it: \
                 \"danger_accept_bearer\" takes it",
            );
        }
        text
    }
}
