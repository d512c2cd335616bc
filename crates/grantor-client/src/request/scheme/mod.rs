//! How each scheme puts a credential onto a request, and what it learns from answers. Bearer comes
//! first: it is the short way of most requests.

pub(crate) mod bearer;
#[cfg(test)]
mod nonce;
#[cfg(test)]
#[cfg(feature = "reqwest")]
mod tests;

use http::HeaderMap;

use super::http_request::HttpRequest;
use crate::cache::slot::share::TokenShare;
use crate::config::origin::OriginId;
use crate::config::placement::BearerMethod;
use crate::error::Error;
use crate::token::credential::TokenType;
use crate::token::scheme::Scheme;

impl Scheme {
    /// Puts the credential of a token onto a request, in place of one that is there.
    #[cfg_attr(
        not(test),
        expect(
            unused_variables,
            reason = "a bearer token is the same for every origin"
        )
    )]
    pub(in crate::request) fn apply(
        &self,
        method: BearerMethod,
        token: &TokenShare,
        origin: OriginId,
        request: &mut impl HttpRequest,
    ) -> Result<(), Error> {
        if token.token_type == TokenType::NotApplicable {
            return Err(Error::refused(
                "the exchange gave a token that is no access token (\"token_type\": \"N_A\"): read it \
                 by \"get\"; no request can carry it",
            ));
        }
        match self {
            Self::Bearer => method.apply(token, request),
            #[cfg(test)]
            Self::Nonce(nonces) => nonce::apply(nonces, method, token, origin, request),
        }
    }

    /// Returns whether answers of APIs may have a nonce for it.
    pub(super) fn takes_nonce(&self) -> bool {
        !self.is_bearer()
    }

    /// Takes what an answer has for the next request to its origin.
    #[cfg_attr(
        not(test),
        expect(unused_variables, reason = "no answer has anything for a bearer token")
    )]
    pub(super) fn learn(&self, origin: OriginId, headers: &HeaderMap) {
        match self {
            Self::Bearer => {}
            #[cfg(test)]
            Self::Nonce(nonces) => nonce::learn(nonces, origin, headers),
        }
    }
}
