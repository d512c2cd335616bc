//! The rules of verification.

use std::time::Duration;

use super::Nonces;
use crate::{Algorithm, Leeway};

/// The rules for the proofs that a server accepts.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) max_age: Duration,
    pub(super) leeway: Leeway,
    pub(super) nonces: Option<Nonces>,
}

impl Policy {
    /// All algorithms that are not symmetric; proofs of the last five minutes, and of a minute
    /// ahead for clocks that disagree.
    #[must_use]
    pub fn new() -> Self {
        let algorithms = Algorithm::ALL.iter().copied();
        Self {
            algorithms: algorithms.filter(|one| !one.is_symmetric()).collect(),
            max_age: Duration::from_secs(300),
            leeway: Leeway::default(),
            nonces: None,
        }
    }

    /// Allows only these algorithms; symmetric ones are never allowed.
    #[must_use]
    pub fn with_algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        let algorithms = algorithms.into_iter();
        Self {
            algorithms: algorithms.filter(|one| !one.is_symmetric()).collect(),
            ..self
        }
    }

    /// Accepts proofs that are not older than this.
    #[must_use]
    pub fn with_max_age(self, max_age: Duration) -> Self {
        Self { max_age, ..self }
    }

    /// Accepts proofs that are this much ahead.
    #[must_use]
    pub fn with_leeway(self, leeway: Leeway) -> Self {
        Self { leeway, ..self }
    }

    /// Requires a nonce that `nonces` issued (RFC 9449 sections 8 and 9).
    #[must_use]
    pub fn with_nonces(self, nonces: Nonces) -> Self {
        Self {
            nonces: Some(nonces),
            ..self
        }
    }

    /// The algorithms that it allows, for `algs` and `dpop_signing_alg_values_supported`.
    #[must_use]
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    /// The nonces that it requires.
    #[must_use]
    pub fn nonces(&self) -> Option<&Nonces> {
        self.nonces.as_ref()
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}
