//! Tokens that are bound to a key: each request carries the token and a proof of its own (RFC 9449
//! section 7), with the nonce that its origin handed out last (section 9).

use grantor_core::Environment;
use grantor_jose::dpop;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::cache::slot::share::TokenShare;
use crate::config::origin::OriginId;
use crate::config::placement::BearerMethod;
use crate::error::Error;
use crate::request::http_request::HttpRequest;
use crate::token::credential::TokenType;
use crate::token::dpop_key::{DPOP, handed_out_nonce};
use crate::token::nonces::Nonces;

pub(super) fn apply(
    nonces: &Nonces,
    method: BearerMethod,
    token: &TokenShare,
    (origin, environment): (OriginId, &Environment),
    request: &mut impl HttpRequest,
) -> Result<(), Error> {
    if token.token_type == TokenType::Bearer {
        return method.apply(token, request);
    }
    if method != BearerMethod::Header {
        return Err(Error::configuration(
            "a token that is bound by DPoP goes into the header (RFC 9449 section 7.1): leave the \
             bearer method out",
        ));
    }
    let Some(key) = &token.key else {
        return Err(Error::configuration(
            "the token is bound by DPoP to a key that is not known here",
        ));
    };
    let nonce = nonces.of(origin);
    let nonce = nonce.as_ref().and_then(|nonce| nonce.to_str().ok());
    let (uri, secret) = (request.uri().to_string(), token.secret());
    let proven = dpop::Request::new(request.method().as_str(), &uri);
    let mut proven = proven.with_access_token(secret.expose());
    if let Some(nonce) = nonce {
        proven = proven.with_nonce(nonce);
    }
    let proof = key.prove(&proven, environment)?;
    let headers = request.headers_mut();
    headers.insert(AUTHORIZATION, token.header.clone());
    headers.insert(DPOP, proof);
    Ok(())
}

pub(super) fn learn(nonces: &Nonces, origin: OriginId, headers: &HeaderMap) {
    if let Some(nonce) = handed_out_nonce(headers) {
        nonces.learn(origin, nonce.clone());
    }
}
