//! Which kind of record is kept in which store, and everything that is wrong with that at once.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use grantor_core::Environment;
use grantor_jose::seal::SealingKey;

use crate::capabilities::{Class, Durability};
use crate::error::Error;
use crate::key::Namespace;
use crate::kinds::{COUNTS, Kind};
use crate::maintenance::{FailedMaintenance, StoresMaintenance};
use crate::memory::MemoryStore;
use crate::placement::Placement;
use crate::record::Record;
use crate::records::Records;
use crate::store::{Counter, Moment, Store};

mod diagnostics;

pub use diagnostics::Diagnostics;

/// The stores by kind of record, and the settings that they share.
#[derive(Clone)]
pub struct Stores {
    default: Placement,
    by_kind: HashMap<Kind, Arc<dyn Store>>,
    counter: Arc<dyn Counter>,
}

impl Stores {
    /// Keeps every kind of record in `default`, until [`place`](Self::place) says otherwise.
    #[must_use]
    pub fn new(default: Arc<dyn Store>, namespace: Namespace, environment: Environment) -> Self {
        let counter = Arc::clone(&default).counter();
        Self {
            default: Placement::new(default, namespace, environment),
            by_kind: HashMap::new(),
            counter: counter.unwrap_or_else(|| Arc::new(MemoryStore::new())),
        }
    }

    /// Keeps records of one kind in a store of their own: see [`kinds`](crate::kinds). With
    /// [`kinds::COUNTS`](crate::kinds::COUNTS) that store counts, as with [`count_in`](Self::count_in); a
    /// store that can't leaves it to this process alone.
    #[must_use]
    pub fn place(mut self, kind: Kind, store: Arc<dyn Store>) -> Self {
        if kind == COUNTS {
            let counter = Arc::clone(&store).counter();
            self.counter = counter.unwrap_or_else(|| Arc::new(MemoryStore::new()));
        }
        self.by_kind.insert(kind, store);
        self
    }

    /// Counts for limits there. By default the default store counts, or this process alone if that
    /// store can't.
    #[must_use]
    pub fn count_in(mut self, counter: Arc<dyn Counter>) -> Self {
        self.counter = counter;
        self
    }

    /// Seals the kinds that ask for it: see [`MasterKey`](crate::MasterKey).
    #[must_use]
    pub fn seal_under(mut self, sealing_key: SealingKey) -> Self {
        self.default = self.default.seal_under(sealing_key);
        self
    }

    /// Like [`Placement::danger_evicting_guards`], for all kinds.
    #[must_use]
    pub fn danger_evicting_guards(mut self) -> Self {
        self.default = self.default.danger_evicting_guards();
        self
    }

    /// Like [`Placement::refuse_loss_on_failover`], for all kinds.
    #[must_use]
    pub fn refuse_loss_on_failover(mut self) -> Self {
        self.default = self.default.refuse_loss_on_failover();
        self
    }

    /// The store that keeps records of kind `R`.
    #[must_use]
    pub fn store<R: Record>(&self) -> &Arc<dyn Store> {
        self.store_of(R::KIND)
    }

    /// The store that keeps records of a kind.
    #[must_use]
    pub fn store_of(&self, kind: Kind) -> &Arc<dyn Store> {
        self.by_kind.get(&kind).unwrap_or(&self.default.store)
    }

    #[cfg(feature = "transfer")]
    pub(crate) fn sealing_key(&self) -> Option<&SealingKey> {
        self.default.sealing_key.as_deref()
    }

    /// Every store, each once.
    #[must_use]
    pub fn all(&self) -> Vec<&Arc<dyn Store>> {
        let mut all = vec![&self.default.store];
        for store in self.by_kind.values() {
            if !all.iter().any(|known| Arc::ptr_eq(known, store)) {
                all.push(store);
            }
        }
        all
    }

    /// Has every store do what it has to do now and then: see [`Store::maintain`]. A server calls it
    /// once a minute. A store that fails stops no other one.
    pub async fn maintain(&self) -> StoresMaintenance {
        let mut all = StoresMaintenance::default();
        for store in self.all() {
            match store.maintain(Moment::of(self.environment())).await {
                Ok(one) => {
                    all.deleted += one.deleted;
                    all.batch_times.add(&one.batch_times);
                    all.notices.extend(one.notices);
                }
                Err(error) => all.failures.push(FailedMaintenance {
                    store: store.capabilities().name,
                    error,
                }),
            }
        }
        all
    }

    /// Returns an error if a store can't be used now: see [`Store::health`].
    ///
    /// # Errors
    /// The first store that can't.
    pub async fn health(&self) -> Result<(), Error> {
        for store in self.all() {
            store.health().await?;
        }
        Ok(())
    }

    /// Returns the counter of limits.
    #[must_use]
    pub fn counter(&self) -> &Arc<dyn Counter> {
        &self.counter
    }

    /// Time and randomness.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.default.environment
    }

    /// Returns the prefix of all keys.
    #[must_use]
    pub fn namespace(&self) -> Namespace {
        self.default.namespace
    }

    /// The records of kind `R`. [`Diagnostics::records`] goes on after a problem.
    ///
    /// # Errors
    /// As [`Records::open`].
    pub fn records<R: Record>(&self) -> Result<Records<R>, String> {
        Records::open(&self.placement_of(R::KIND, R::NAME)?)
    }

    /// Returns what an operator should know about keeping records of kind `R` where they are.
    #[must_use]
    pub fn warning<R: Record>(&self) -> Option<String> {
        let kind = R::KIND;
        let (store, default) = (self.store_of(kind), &self.default.store);
        let is_alone = store.capabilities().ends_with_process() && default.capabilities().shared;
        let warning = self.default.in_store(store).warning(kind.class());
        let is_alone = is_alone && kind.class() == Class::ShortLived;
        warning.or_else(|| is_alone.then(|| ALONE.to_owned()))
    }

    /// Returns whether records of a kind that has to last end with a process, this one or that of their
    /// store, and others do not: after a restart these would be without them.
    fn is_forgotten(&self, kind: Kind) -> bool {
        let ends = |store: &Arc<dyn Store>| store.capabilities().durability == Durability::Memory;
        let placed = self.by_kind.iter().filter(|(kind, _)| kind.class().lasts());
        let mut stores = placed.map(|(_, store)| store).chain([&self.default.store]);
        kind.class().lasts() && ends(self.store_of(kind)) && stores.any(|store| !ends(store))
    }

    fn placement_of(&self, kind: Kind, name: &str) -> Result<Placement, String> {
        let store = self.store_of(kind);
        let capabilities = store.capabilities();
        // Another reason against the store is reported by `Records::open`.
        let is_refused = kind.class().refuses(&capabilities).is_some();
        match !is_refused && self.is_forgotten(kind) {
            true => Err(forgotten(name, kind, capabilities.name)),
            false => Ok(self.default.in_store(store)),
        }
    }
}

fn forgotten(name: &str, kind: Kind, store: &str) -> String {
    let kind = kind.name();
    format!(
        "{name} can't be kept in {store}, which loses everything with its process, as other records outlive \
         that; put {kind} into a store that writes to a disk"
    )
}

const ALONE: &str = "only this process sees some records, so another server of the same database has \
                     others";

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores")
            .field("default", &self.default)
            .field("others", &self.by_kind.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
