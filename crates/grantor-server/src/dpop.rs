//! Proofs of possession at the endpoints of this server (RFC 9449).

use std::time::Duration;

use grantor_core::{ErrorCode, Timestamp};
use grantor_jose::check::holds;
use grantor_jose::dpop::{Nonces, Policy, Proof, Request, verify};
use grantor_jose::{Algorithm, Error as ProofError, Leeway};
use grantor_store::{DpopProofs, Records, Use};
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use url::Url;

use crate::error::{Error, Refusal};

/// The header of a request that has the proof.
pub(crate) const DPOP: HeaderName = HeaderName::from_static("dpop");
/// The header of an answer that has the nonce for the next proof.
pub(crate) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// Checks proofs.
#[derive(Debug)]
pub(crate) struct Dpop {
    policy: Policy,
    policy_with_nonces: Policy,
    nonces: Nonces,
    used: Records<Use<DpopProofs>>,
}

/// The need of a proof for a nonce of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nonce {
    Required,
    Optional,
}

/// A proof that passed every check, but is not used up yet.
#[derive(Debug, Clone)]
pub(crate) struct CheckedProof {
    proof: Proof,
    /// The nonce for the client's next proof, if its own is getting old.
    pub(crate) next_nonce: Option<HeaderValue>,
}

impl CheckedProof {
    /// The thumbprint of its key: `cnf.jkt` of a token that is bound to it.
    pub(crate) fn thumbprint(&self) -> &str {
        &self.proof.thumbprint
    }
}

impl Dpop {
    pub(crate) fn new(
        algorithms: &[Algorithm],
        leeway: Leeway,
        nonce_secret: &[u8; 32],
        used: Records<Use<DpopProofs>>,
    ) -> Self {
        let policy = Policy::new()
            .with_algorithms(algorithms.iter().copied())
            .with_max_age(MAX_AGE)
            .with_leeway(leeway);
        let nonces = Nonces::new(nonce_secret);
        Self {
            policy_with_nonces: policy.clone().with_nonces(nonces.clone()),
            policy,
            nonces,
            used,
        }
    }

    /// The proof of a request to `url`, but for its being new; none if there is no proof.
    ///
    /// # Errors
    /// `invalid_dpop_proof`; or `use_dpop_nonce` with a nonce.
    pub(crate) fn check(
        &self,
        head: &Parts,
        url: &Url,
        nonce: Nonce,
        now: Timestamp,
    ) -> Result<Option<CheckedProof>, Error> {
        let mut values = head.headers.get_all(&DPOP).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        // RFC 9449 section 4.3, point 1.
        if !holds("dpop.one_header", values.next().is_none()) {
            return Err(invalid_proof("there is more than one DPoP header"));
        }
        let text = value.to_str();
        let text = text.map_err(|_| invalid_proof("the header DPoP is not a proof"))?;
        let policy = match nonce {
            Nonce::Required => &self.policy_with_nonces,
            Nonce::Optional => &self.policy,
        };
        let request = Request::new(head.method.as_str(), url.as_str());
        let proof = verify(text, &request, policy, now).map_err(|error| match error {
            ProofError::WrongNonce | ProofError::MissingClaim("nonce") => self.wants_nonce(now),
            error => invalid_proof(&format!("the proof is not good: {error}")),
        })?;
        let used_nonce = proof.nonce.as_deref().filter(|_| nonce == Nonce::Required);
        let is_due = used_nonce.is_some_and(|nonce| self.nonces.is_renewal_due(nonce, now));
        Ok(Some(CheckedProof {
            next_nonce: is_due.then(|| self.nonce(now)).flatten(),
            proof,
        }))
    }

    /// Uses a proof up, which can be done once: the last check of a request.
    ///
    /// # Errors
    /// `invalid_dpop_proof`; or the store can't say.
    pub(crate) async fn redeem(&self, proof: &CheckedProof) -> Result<(), Error> {
        let proof = &proof.proof;
        let name = proof.replay_name();
        let is_new = self.used.use_once(&name, proof.remember_until).await?;
        match holds("dpop.single_use", is_new) {
            true => Ok(()),
            false => Err(invalid_proof("the proof has been used before")),
        }
    }

    /// RFC 9449 section 8.
    fn wants_nonce(&self, now: Timestamp) -> Error {
        let description = "the proof needs the nonce of the header DPoP-Nonce";
        let refusal = Refusal::new(ErrorCode::UseDpopNonce, description);
        match self.nonce(now) {
            Some(nonce) => refusal.with_header(DPOP_NONCE, nonce).into(),
            None => refusal.into(),
        }
    }

    fn nonce(&self, now: Timestamp) -> Option<HeaderValue> {
        HeaderValue::try_from(self.nonces.issue(now)).ok()
    }
}

/// The age at which a proof is refused.
const MAX_AGE: Duration = Duration::from_secs(300);

/// The refusal of a proof (RFC 9449 section 5).
pub(crate) fn invalid_proof(description: &str) -> Error {
    Error::refused(ErrorCode::InvalidDpopProof, description)
}

/// Returns whether a text is the SHA-256 thumbprint of a key, as `dpop_jkt` has it (RFC 9449 section 10).
pub(crate) fn is_thumbprint(text: &str) -> bool {
    grantor_jose::base64url::decode_array::<32>(text).is_ok()
}
