use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use grantor_core::Environment;
use grantor_jose::seal::SealingKey;

use crate::{Class, Namespace, Record, Records, Store};

/// Which store keeps which kind of record, and what they share.
#[derive(Clone)]
pub struct Stores {
    default: Arc<dyn Store>,
    by_kind: HashMap<[u8; 2], Arc<dyn Store>>,
    namespace: Namespace,
    environment: Environment,
    sealing_key: Option<Arc<SealingKey>>,
    guards_may_be_evicted: bool,
    refuse_loss_on_failover: bool,
}

impl Stores {
    /// Keeps every kind of record in `default`, until [`keep`](Self::keep) says otherwise.
    #[must_use]
    pub fn new(default: Arc<dyn Store>, namespace: Namespace, environment: Environment) -> Self {
        Self {
            default,
            by_kind: HashMap::new(),
            namespace,
            environment,
            sealing_key: None,
            guards_may_be_evicted: false,
            refuse_loss_on_failover: false,
        }
    }

    /// Keeps records of kind `R` in a store of their own.
    #[must_use]
    pub fn keep<R: Record>(self, store: Arc<dyn Store>) -> Self {
        self.keep_kind(R::KIND, store)
    }

    /// As [`keep`](Self::keep), by the letters of the kind.
    #[must_use]
    pub fn keep_kind(mut self, kind: [u8; 2], store: Arc<dyn Store>) -> Self {
        self.by_kind.insert(kind, store);
        self
    }

    /// Seals the kinds that ask for it: see [`MasterKey`](crate::MasterKey).
    #[must_use]
    pub fn seal_under(mut self, sealing_key: SealingKey) -> Self {
        self.sealing_key = Some(Arc::new(sealing_key));
        self
    }

    /// Allows guards (replay ids, leases, unique names) on a store that may evict them. What was
    /// evicted can be replayed.
    #[must_use]
    pub fn danger_evicting_guards(mut self) -> Self {
        self.guards_may_be_evicted = true;
        self
    }

    /// Refuses guards and lasting transitions on a store that may lose acknowledged writes on a
    /// fail-over, as the FAPI 2.0 profile must; otherwise that is a warning.
    #[must_use]
    pub fn refuse_loss_on_failover(mut self) -> Self {
        self.refuse_loss_on_failover = true;
        self
    }

    /// The store that keeps records of kind `R`.
    #[must_use]
    pub fn store<R: Record>(&self) -> &Arc<dyn Store> {
        self.by_kind.get(&R::KIND).unwrap_or(&self.default)
    }

    /// Time and randomness.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// What all keys begin with.
    #[must_use]
    pub fn namespace(&self) -> Namespace {
        self.namespace
    }

    /// The records of kind `R`. [`Diagnostics::records`] goes on after a problem.
    ///
    /// # Errors
    /// The store can't carry them, or they must be sealed and there is no key. The message names
    /// the kind, the store and the reason.
    pub fn records<R: Record>(&self) -> Result<Records<R>, String> {
        let capabilities = self.store::<R>().capabilities();
        let mut problem = R::CLASS.refuses(&capabilities);
        if R::CLASS == Class::Guard
            && self.guards_may_be_evicted
            && !capabilities.conditional_per_process
        {
            problem = None;
        }
        if self.refuse_loss_on_failover {
            problem = problem.or_else(|| R::CLASS.warns(&capabilities));
        }
        if let Some(reason) = problem {
            return Err(format!("{} can't be kept there: {reason}", R::NAME));
        }
        Records::unchecked(
            Arc::clone(self.store::<R>()),
            self.namespace,
            self.environment.clone(),
            self.sealing_key.clone(),
        )
    }

    /// What should be known about keeping records of kind `R` where they are.
    #[must_use]
    pub fn warning<R: Record>(&self) -> Option<String> {
        let capabilities = self.store::<R>().capabilities();
        if R::CLASS == Class::Guard && self.guards_may_be_evicted && capabilities.may_evict {
            let store = capabilities.name;
            return Some(format!(
                "{} can be replayed once {store} evicts them",
                R::NAME
            ));
        }
        let reason = R::CLASS.warns(&capabilities)?;
        Some(format!("{}: {reason}", R::NAME))
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores")
            .field("default", &self.default)
            .field("others", &self.by_kind.len())
            .field("sealed", &self.sealing_key.is_some())
            .finish_non_exhaustive()
    }
}

/// What is wrong with a configuration of stores, all of it at once.
///
/// ```
/// # use grantor_store::{Diagnostics, Record, Records, Stores};
/// fn build<A: Record, B: Record>(stores: &Stores) -> Result<(Records<A>, Records<B>), Vec<String>> {
///     let mut diagnostics = Diagnostics::default();
///     let a = diagnostics.records::<A>(stores);
///     let b = diagnostics.records::<B>(stores);
///     match (a, b) {
///         (Some(a), Some(b)) => Ok((a, b)),
///         _ => Err(diagnostics.problems),
///     }
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    /// What prevents a start, one message each.
    pub problems: Vec<String>,
    /// What an operator should read at every start.
    pub warnings: Vec<String>,
}

impl Diagnostics {
    /// The records of kind `R`, or none and a problem noted, with a warning noted if there is one.
    pub fn records<R: Record>(&mut self, stores: &Stores) -> Option<Records<R>> {
        match stores.records() {
            Ok(records) => {
                self.warnings.extend(stores.warning::<R>());
                Some(records)
            }
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
