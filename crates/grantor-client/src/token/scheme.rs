//! How a credential goes onto a request, and which tokens that carries.

#[cfg(test)]
use std::sync::Arc;

use super::credential::TokenType;
#[cfg(test)]
use super::nonces::Nonces;

/// A way to carry a credential. The room `request` puts it onto a request.
#[derive(Debug, Clone, Default)]
pub(crate) enum Scheme {
    /// A bearer token (RFC 6750).
    #[default]
    Bearer,
    /// A bearer token beside a nonce that the API hands out first: what the doors must bear, without
    /// what proofs and signatures cost.
    #[cfg(test)]
    Nonce(Arc<Nonces>),
}

impl Scheme {
    /// Returns whether it carries tokens of a type. Others are refused wherever they come from:
    /// handed in, found in a store, given by a server.
    pub(crate) fn carries(&self, token_type: TokenType) -> bool {
        match self {
            Self::Bearer => token_type == TokenType::Bearer,
            #[cfg(test)]
            Self::Nonce(_) => token_type == TokenType::Bearer,
        }
    }

    /// Returns whether it is a bearer token alone, which the short way of a request puts on.
    pub(crate) fn is_bearer(&self) -> bool {
        matches!(self, Self::Bearer)
    }
}

/// The type of a token that no request carries, as a message shows it: a server may call it anything.
pub(crate) fn other_type(token_type: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !token_type.is_empty() && token_type.len() <= 32 && token_type.chars().all(plain) {
        return format!("another type than \"Bearer\": \"{token_type}\"");
    }
    "another type than \"Bearer\"".to_owned()
}
