//! Proofs of possession (RFC 9449 section 4).

use serde_json::Value;

use super::{Policy, Request, uri};
use crate::check::holds;
use crate::jws::{Compact, Extensions};
use crate::jwt::{self, Claims, Typ};
use crate::{Error, Key, ObjectWriter, PublicKey, SignError, Timestamp, base64url, digest};

/// A proof that passed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Proof {
    /// The SHA-256 thumbprint of the key, for `cnf.jkt`.
    pub thumbprint: String,
    /// The key.
    pub key: PublicKey,
    /// `jti`.
    pub jwt_id: String,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `nonce`, whether one was wanted or not.
    pub nonce: Option<String>,
    /// Until when, this moment included, a second proof of this key with this `jti` has to be
    /// refused: later it is too old.
    pub remember_until: Timestamp,
}

impl Proof {
    /// The name that its use is remembered under: key and `jti`, so that no client disturbs another
    /// one.
    #[must_use]
    pub fn replay_name(&self) -> String {
        // A thumbprint has no dot.
        format!("{}.{}", self.thumbprint, self.jwt_id)
    }
}

/// Verifies a proof (RFC 9449 section 4.3, points 2 to 12).
///
/// # Errors
/// See [`Error`]. [`Error::MissingClaim`] of `nonce` and [`Error::WrongNonce`] are to be answered
/// with `use_dpop_nonce`.
pub fn verify(
    proof: &str,
    request: &Request<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Result<Proof, Error> {
    Compact::read(proof, Extensions::None, |token| {
        verify_token(token, request, policy, now)
    })
}

fn verify_token(
    token: Compact<'_>,
    request: &Request<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Result<Proof, Error> {
    if !token.typ().is_some_and(|typ| Typ::DPOP.matches(typ)) {
        return Err(Error::WrongType);
    }
    let jwk = token.embedded_key().and_then(Value::as_object);
    let key = PublicKey::from_members(jwk.ok_or(Error::InvalidHeader("jwk"))?)?;
    let claims = token.verify_with_key_then(&key, &policy.algorithms, Claims::parse)?;
    check_claims(&claims, request)?;
    // Before the times: a client without a nonce gets one, also with a wrong clock.
    if let Some(nonces) = &policy.nonces {
        nonces.check(claims.text("nonce")?, policy.leeway.duration(), now)?;
    }
    let issued_at = claims.issued_at.ok_or(Error::MissingClaim("iat"))?;
    let remember_until = issued_at + policy.max_age;
    if !holds("dpop.age", now <= remember_until) {
        return Err(Error::Expired);
    }
    if !holds("dpop.future", issued_at <= now + policy.leeway.duration()) {
        return Err(Error::NotYetValid);
    }
    // RFC 7519 sections 4.1.4 and 4.1.5: a proof may narrow its own time.
    if claims
        .expires_at
        .is_some_and(|at| now >= at + policy.leeway.duration())
    {
        return Err(Error::Expired);
    }
    if claims
        .not_before
        .is_some_and(|at| at > now + policy.leeway.duration())
    {
        return Err(Error::NotYetValid);
    }
    let thumbprint = key.thumbprint();
    let is_bound = request.bound_to.is_none_or(|bound| bound == thumbprint);
    if !holds("dpop.bound_key", is_bound) {
        return Err(Error::WrongKey);
    }
    Ok(Proof {
        thumbprint,
        key,
        nonce: claims.text("nonce")?.map(str::to_owned),
        jwt_id: claims.jwt_id.ok_or(Error::MissingClaim("jti"))?,
        issued_at,
        remember_until,
    })
}

fn check_claims(claims: &Claims, request: &Request<'_>) -> Result<(), Error> {
    if claims.jwt_id.is_none() {
        return Err(Error::MissingClaim("jti"));
    }
    let text = |name| claims.text(name)?.ok_or(Error::MissingClaim(name));
    if !holds("dpop.htm", text("htm")? == request.method) {
        return Err(Error::InvalidClaim("htm"));
    }
    let found = uri::normalize(text("htu")?);
    let is_same = found.is_some() && found == uri::normalize(request.uri);
    if !holds("dpop.htu", is_same) {
        return Err(Error::InvalidClaim("htu"));
    }
    if let Some(nonce) = request.nonce
        && !digest::constant_time_eq(text("nonce")?.as_bytes(), nonce.as_bytes())
    {
        return Err(Error::WrongNonce);
    }
    if let Some(access_token) = request.access_token {
        let expected = base64url::encode(digest::sha256(access_token.as_bytes()));
        let is_same = digest::constant_time_eq(text("ath")?.as_bytes(), expected.as_bytes());
        if !holds("dpop.ath", is_same) {
            return Err(Error::InvalidClaim("ath"));
        }
    }
    Ok(())
}

/// Signs a proof. `jwt_id` has to be a new random text for every request, repeated ones among
/// them.
///
/// # Errors
/// If the key is symmetric, `uri` is not one of HTTP, or the cryptography library fails.
pub fn sign(
    key: &Key,
    request: &Request<'_>,
    jwt_id: &str,
    now: Timestamp,
) -> Result<String, SignError> {
    let header = key.proof_header();
    let header = header.ok_or_else(|| SignError::new("a proof takes a private key"))?;
    let uri = uri::without_query(request.uri);
    if uri::normalize(uri).is_none() {
        return Err(SignError::new("not a URI of http or https"));
    }
    let nonce = request.nonce.unwrap_or_default();
    let mut claims =
        ObjectWriter::with_capacity(NAMES_AND_HASH + jwt_id.len() + uri.len() + nonce.len());
    claims.text("jti", jwt_id);
    claims.text("htm", request.method);
    claims.text("htu", uri);
    claims.number("iat", now.as_secs());
    if let Some(nonce) = request.nonce {
        claims.text("nonce", nonce);
    }
    if let Some(access_token) = request.access_token {
        let hash = base64url::encode(digest::sha256(access_token.as_bytes()));
        claims.text("ath", &hash);
    }
    jwt::sign_written(key, header, &claims.finish())
}

/// Room for the members of a proof beside the texts of the caller.
const NAMES_AND_HASH: usize = 144;
