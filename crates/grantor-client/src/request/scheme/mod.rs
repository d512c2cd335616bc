//! How each scheme puts a credential onto a request, and what it learns from answers. Bearer comes
//! first: it is the short way of most requests.

pub(crate) mod bearer;
mod dpop;
#[cfg(test)]
mod nonce;
pub(crate) mod oauth1;
#[cfg(test)]
#[cfg(feature = "reqwest")]
mod tests;

use grantor_core::Environment;
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
    pub(in crate::request) fn apply(
        &self,
        method: BearerMethod,
        token: &TokenShare,
        (origin, environment): (OriginId, &Environment),
        request: &mut impl HttpRequest,
    ) -> Result<(), Error> {
        if token.token_type == TokenType::NotApplicable {
            return Err(Error::refused(
                "the exchange gave a token that is no access token (\"token_type\": \"N_A\"): read it \
                 by \"get\"; no request can carry it",
            ));
        }
        match self {
            Self::Bearer | Self::CertificateBound => method.apply(token, request),
            Self::Dpop(dpop) => {
                dpop::apply(&dpop.nonces, method, token, (origin, environment), request)
            }
            Self::OAuth1(_) => Err(Error::configuration(
                "requests are signed by OAuth 1.0a: there is no token that they could carry",
            )),
            #[cfg(test)]
            Self::Nonce(nonces) => nonce::apply(nonces, method, token, origin, request),
        }
    }

    /// Returns whether answers of APIs may have a nonce for it.
    pub(super) fn takes_nonce(&self) -> bool {
        !matches!(
            self,
            Self::Bearer | Self::CertificateBound | Self::OAuth1(_)
        )
    }

    /// Takes what an answer has for the next request to its origin.
    pub(super) fn learn(&self, origin: OriginId, headers: &HeaderMap) {
        match self {
            Self::Bearer | Self::CertificateBound | Self::OAuth1(_) => {}
            Self::Dpop(dpop) => dpop::learn(&dpop.nonces, origin, headers),
            #[cfg(test)]
            Self::Nonce(nonces) => nonce::learn(nonces, origin, headers),
        }
    }
}
