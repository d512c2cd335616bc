//! A scheme for tests: a bearer token, and beside it the nonce that the API handed out, if it did.

use http::{HeaderMap, HeaderName};

use crate::cache::slot::share::TokenShare;
use crate::config::origin::OriginId;
use crate::config::placement::BearerMethod;
use crate::error::Error;
use crate::request::http_request::HttpRequest;
use crate::token::nonces::Nonces;

/// The nonce that the API hands out and expects in the next request.
pub(super) const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
pub(super) const PROOF: HeaderName = HeaderName::from_static("dpop");

pub(super) fn apply(
    nonces: &Nonces,
    method: BearerMethod,
    token: &TokenShare,
    origin: OriginId,
    request: &mut impl HttpRequest,
) -> Result<(), Error> {
    method.apply(token, request)?;
    if let Some(nonce) = nonces.of(origin) {
        request.headers_mut().insert(PROOF, nonce);
    }
    Ok(())
}

pub(super) fn learn(nonces: &Nonces, origin: OriginId, headers: &HeaderMap) {
    if let Some(nonce) = headers.get(NONCE) {
        nonces.learn(origin, nonce.clone());
    }
}
