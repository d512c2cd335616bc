//! Proofs of possession at this resource (RFC 9449).

mod builder;

use std::fmt;
use std::sync::Arc;

use grantor_core::Environment;
use grantor_jose::check::holds;
use grantor_jose::dpop::{Policy, Proof, Request, verify};
use grantor_jose::{Algorithm, Error};
use grantor_store::{DpopProofs, Records, Use};
use http::{HeaderMap, HeaderValue};

pub use builder::DpopBuilder;

use crate::layer::{Head, Reason};

/// Checks the proofs of requests with tokens that are bound to a key (RFC 9449).
///
/// [`Protect::dpop`](crate::Protect::dpop) takes it. Cheap to clone; clones share the memory of used
/// proofs.
#[derive(Clone)]
pub struct Dpop(Arc<Inner>);

struct Inner {
    /// Without a slash at its end.
    base_url: String,
    policy: Policy,
    required: bool,
    environment: Environment,
    used: Records<Use<DpopProofs>>,
}

impl Dpop {
    /// Checks proofs of requests to `base_url`, which is what clients write before the path that this
    /// service sees: `https://api.example.com`, or `https://example.com/api` behind a proxy that
    /// removes `/api`. The `htu` of a proof is compared with it, and never with the `Host` of the
    /// request, which whoever sends the request chooses.
    pub fn at(base_url: &str) -> DpopBuilder {
        DpopBuilder::new(base_url)
    }

    /// The algorithms of proofs that are taken, as the metadata and the challenge name them.
    #[must_use]
    pub fn signing_alg_values_supported(&self) -> Vec<&'static str> {
        let algorithms = self.0.policy.algorithms().iter();
        algorithms.map(|one: &Algorithm| one.as_str()).collect()
    }

    /// Returns whether tokens that are not bound to a key are refused.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.0.required
    }

    /// Checks the proof of a request whose token is bound to the key `jkt`, but not yet that it is new.
    pub(crate) fn verify(&self, head: &Head<'_>, token: &str, jkt: &str) -> Result<Proof, Reason> {
        let proof = only_proof(head.headers)?;
        let uri = format!("{}{}", self.0.base_url, head.path());
        let request = Request::new(head.method.as_str(), &uri)
            .with_access_token(token)
            .bound_to(jkt);
        let now = self.0.environment.now();
        verify(proof, &request, &self.0.policy, now).map_err(|error| match error {
            Error::WrongNonce | Error::MissingClaim("nonce") => match self.new_nonce() {
                Some(nonce) => Reason::Nonce(nonce),
                None => invalid(&error),
            },
            // RFC 9449 section 7.1, figure 16.
            Error::WrongKey => {
                Reason::Unbound("the token is bound to another key than the proof's")
            }
            error => invalid(&error),
        })
    }

    /// Uses a proof, which can be done once. The last check of a request.
    pub(crate) async fn redeem(&self, proof: &Proof) -> Result<(), Reason> {
        let is_new = self
            .0
            .used
            .use_once(&proof.replay_name(), proof.remember_until)
            .await;
        let is_new = is_new.map_err(|error| Reason::ReplayUnknown(Arc::new(error)))?;
        match holds("resource.proof_single_use", is_new) {
            true => Ok(()),
            false => Err(Reason::Proof("the proof has been used before".to_owned())),
        }
    }

    /// The nonce to send with the answer, once the client's is getting old.
    pub(crate) fn next_nonce(&self, proof: &Proof) -> Option<HeaderValue> {
        let nonces = self.0.policy.nonces()?;
        let now = self.0.environment.now();
        let is_due = nonces.is_renewal_due(proof.nonce.as_deref()?, now);
        is_due.then(|| self.new_nonce()).flatten()
    }

    fn new_nonce(&self) -> Option<HeaderValue> {
        let nonces = self.0.policy.nonces()?;
        HeaderValue::try_from(nonces.issue(self.0.environment.now())).ok()
    }
}

/// RFC 9449 section 4.3, point 1.
fn only_proof(headers: &HeaderMap) -> Result<&str, Reason> {
    let mut values = headers.get_all("dpop").iter();
    let missing = || Reason::Proof("the header DPoP with the proof is missing".to_owned());
    let value = values.next().ok_or_else(missing)?;
    if values.next().is_some() {
        return Err(Reason::Proof("more than one DPoP header".to_owned()));
    }
    value
        .to_str()
        .map_err(|_| Reason::Proof("the header DPoP is not a proof".to_owned()))
}

fn invalid(error: &Error) -> Reason {
    Reason::Proof(format!("the proof is not good: {error}"))
}

impl fmt::Debug for Dpop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dpop")
            .field("base_url", &self.0.base_url)
            .field("policy", &self.0.policy)
            .field("required", &self.0.required)
            .finish_non_exhaustive()
    }
}
