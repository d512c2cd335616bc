//! The configuration of the check of proofs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::{Environment, is_secure};
use grantor_http::system;
use grantor_jose::Algorithm;
use grantor_jose::dpop::{Nonces, Policy};
use grantor_store::{MemoryStore, Namespace, Stores};
use url::Url;

use super::{Dpop, Inner};
use crate::ConfigurationError;

/// Configures [`Dpop`].
#[must_use = "nothing is checked before `build`"]
pub struct DpopBuilder {
    base_url: String,
    policy: Policy,
    required: bool,
    nonce: Nonce,
    environment: Option<Environment>,
    stores: Option<Stores>,
    problems: Vec<String>,
}

/// The nonce that proofs need, if any, and the key that makes it.
enum Nonce {
    Unused,
    OfThisProcess,
    Under([u8; 32]),
}

impl DpopBuilder {
    pub(super) fn new(base_url: &str) -> Self {
        let url = parse_base_url(base_url);
        let problem = "\"base_url\" is not an https URL (or http on a loopback address) without \
                       user, query and fragment";
        let problems = url.is_none().then(|| problem.to_owned());
        Self {
            base_url: url.unwrap_or_default(),
            policy: Policy::new(),
            required: false,
            nonce: Nonce::Unused,
            environment: None,
            stores: None,
            problems: problems.into_iter().collect(),
        }
    }

    /// Remembers used proofs in these stores, under [`kinds::DPOP_PROOFS`](grantor_store::kinds). Without
    /// this the memory of the process does, and a proof can be used once in each process: several
    /// processes of one API need a store that they share.
    ///
    /// Their clock and randomness are used too, unless [`environment`](Self::environment) gives others.
    pub fn stores(mut self, stores: &Stores) -> Self {
        self.stores = Some(stores.clone());
        self
    }

    /// Time and randomness. The system's by default.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Requires a nonce of this resource in every proof, so that no proof is made long before it is
    /// used (RFC 9449 section 9). Nothing is stored: a nonce is sealed time, good for five minutes.
    ///
    /// The key of the nonces is random. Several processes take [`nonce_key`](Self::nonce_key).
    pub fn nonces(mut self) -> Self {
        if matches!(self.nonce, Nonce::Unused) {
            self.nonce = Nonce::OfThisProcess;
        }
        self
    }

    /// Like [`nonces`](Self::nonces), with a key of 32 random bytes that all processes of the API
    /// share.
    pub fn nonce_key(mut self, key: [u8; 32]) -> Self {
        self.nonce = Nonce::Under(key);
        self
    }

    /// Refuses tokens that are not bound to a key: `dpop_bound_access_tokens_required` in the metadata.
    pub fn bound_access_tokens_required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Takes proofs of these algorithms only, symmetric ones never. All others by default.
    pub fn signing_alg_values_supported(
        mut self,
        algorithms: impl IntoIterator<Item = Algorithm>,
    ) -> Self {
        self.policy = self.policy.with_algorithms(algorithms);
        self
    }

    /// Takes proofs that are not older than this. Five minutes by default; a proof may be a minute
    /// ahead, since clocks disagree.
    pub fn proof_lifetime(mut self, lifetime: Duration) -> Self {
        self.policy = self.policy.with_max_age(lifetime);
        self
    }

    /// Builds it.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration, at once.
    pub fn build(mut self) -> Result<Dpop, ConfigurationError> {
        if self.policy.algorithms().is_empty() {
            let problem = "\"dpop_signing_alg_values_supported\" has no asymmetric algorithm";
            self.problems.push(problem.to_owned());
        }
        let stores = self.stores.as_ref();
        let environment = self
            .environment
            .or_else(|| stores.map(|stores| stores.environment().clone()))
            .unwrap_or_else(system);
        let stores = self.stores.unwrap_or_else(|| {
            let namespace = Namespace::new(&self.base_url);
            Stores::new(Arc::new(MemoryStore::new()), namespace, environment.clone())
        });
        let secret = match &self.nonce {
            Nonce::Unused => None,
            Nonce::OfThisProcess => Some(environment.random_bytes()),
            Nonce::Under(key) => Some(*key),
        };
        match stores.records() {
            Ok(used) if self.problems.is_empty() => Ok(Dpop(Arc::new(Inner {
                base_url: self.base_url,
                policy: match secret {
                    Some(secret) => self.policy.with_nonces(Nonces::new(&secret)),
                    None => self.policy,
                },
                required: self.required,
                environment,
                used,
            }))),
            outcome => {
                self.problems.extend(outcome.err());
                let problems = self.problems;
                Err(ConfigurationError { problems })
            }
        }
    }
}

/// The URL without a slash at its end, and with its host as browsers write it.
fn parse_base_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(is_secure)?;
    let is_plain = url.query().is_none() && url.fragment().is_none();
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    (is_plain && is_anonymous).then(|| url.as_str().trim_end_matches('/').to_owned())
}

impl fmt::Debug for DpopBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DpopBuilder")
            .field("base_url", &self.base_url)
            .field("policy", &self.policy)
            .field("required", &self.required)
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}
