//! The place of one kind of record, and whether the store there can carry it.

use std::sync::Arc;

use grantor_core::Environment;
use grantor_jose::seal::SealingKey;

use crate::capabilities::Class;
use crate::key::Namespace;
use crate::kinds::Kind;
use crate::store::Store;

/// Where records are kept: in which store, under which namespace, sealed by which key.
///
/// [`Records::open`](crate::Records::open) takes one. [`Stores`](crate::Stores) makes one for each
/// kind of record.
#[derive(Clone)]
pub struct Placement {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) namespace: Namespace,
    pub(crate) environment: Environment,
    pub(crate) sealing_key: Option<Arc<SealingKey>>,
    single_process: bool,
    guards_may_be_evicted: bool,
    refuse_loss_on_failover: bool,
}

impl Placement {
    /// Records of `namespace` in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, namespace: Namespace, environment: Environment) -> Self {
        Self {
            store,
            namespace,
            environment,
            sealing_key: None,
            single_process: false,
            guards_may_be_evicted: false,
            refuse_loss_on_failover: false,
        }
    }

    /// Seals the kinds that ask for it: see [`MasterKey`](crate::MasterKey).
    #[must_use]
    pub fn seal_under(mut self, sealing_key: impl Into<Arc<SealingKey>>) -> Self {
        self.sealing_key = Some(sealing_key.into());
        self
    }

    /// No other process uses the store while this one does. The caller promises that; then
    /// conditional puts may hold within a process only, and only this process misses what was
    /// evicted.
    #[must_use]
    pub fn single_process(mut self) -> Self {
        self.single_process = true;
        self
    }

    /// Allows guards (replay ids, leases, unique names) on a store that may evict them. A request
    /// whose guard was evicted can be replayed.
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

    /// The same in another store.
    pub(crate) fn in_store(&self, store: &Arc<dyn Store>) -> Self {
        Self {
            store: Arc::clone(store),
            ..self.clone()
        }
    }

    /// Returns why records of a kind can't be kept here; none if they can.
    pub(crate) fn problem(&self, kind: Kind, name: &str, is_sealed: bool) -> Option<String> {
        if let Some(reason) = self.refusal(kind.class()) {
            let kind = kind.name();
            return Some(format!(
                "{name} can't be kept there: {reason}; put {kind} into another store"
            ));
        }
        let unsealed = is_sealed && self.sealing_key.is_none();
        unsealed.then(|| format!("{name} must be sealed: give a master key"))
    }

    /// Returns the warning about keeping records of a class here, if there is one.
    pub(crate) fn warning(&self, class: Class) -> Option<String> {
        let capabilities = self.store.capabilities();
        if class == Class::Guard && self.guards_may_be_evicted && capabilities.may_evict {
            let store = capabilities.name;
            return Some(format!(
                "{store} may evict records of what was used, which can be used again then"
            ));
        }
        class.warns(&capabilities)
    }

    fn refusal(&self, class: Class) -> Option<String> {
        let capabilities = self.store.capabilities();
        let lifted = class == Class::Guard
            && self.guards_may_be_evicted
            && !capabilities.conditional_per_process
            && !capabilities.unconfirmed_failover;
        let mut reason = None;
        if !self.single_process && !lifted {
            reason = class.refuses(&capabilities);
        }
        if self.refuse_loss_on_failover {
            reason = reason.or_else(|| class.loses(&capabilities));
        }
        reason
    }
}

impl std::fmt::Debug for Placement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Placement")
            .field("store", &self.store)
            .field("sealed", &self.sealing_key.is_some())
            .finish_non_exhaustive()
    }
}
