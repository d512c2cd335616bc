//! The promises of a store, and the needs of each class of record.

/// When a store answers that something is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Durability {
    /// It is in this process.
    Memory,
    /// It outlives the process, not the machine.
    Process,
    /// It is on a disk.
    Disk,
    /// It is on the disks of a majority.
    Quorum,
}

/// The promises of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// A short name for messages.
    pub name: &'static str,
    /// The meaning of "stored".
    pub durability: Durability,
    /// It may drop live records when memory runs short.
    pub may_evict: bool,
    /// It may lose acknowledged writes on a fail-over.
    pub loses_on_failover: bool,
    /// Another server takes over from one that fails, and no replica confirms a write before: what
    /// was acknowledged may be lost, and a conditional put may succeed a second time.
    pub unconfirmed_failover: bool,
    /// Other processes see the same records.
    pub shared: bool,
    /// Conditional puts hold within this process only, though others write the same records: it
    /// carries caches, and single flight then holds per process.
    pub conditional_per_process: bool,
}

impl Capabilities {
    /// Returns whether the records end with this process.
    #[must_use]
    pub const fn ends_with_process(&self) -> bool {
        !self.shared && matches!(self.durability, Durability::Memory)
    }

    /// A store in this process that keeps what it is given, until more or less is said.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            durability: Durability::Memory,
            may_evict: false,
            loses_on_failover: false,
            unconfirmed_failover: false,
            shared: false,
            conditional_per_process: false,
        }
    }

    /// "Stored" means this.
    #[must_use]
    pub const fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// It may drop live records.
    #[must_use]
    pub const fn may_evict(mut self) -> Self {
        self.may_evict = true;
        self
    }

    /// It may lose acknowledged writes on a fail-over.
    #[must_use]
    pub const fn loses_on_failover(mut self) -> Self {
        self.loses_on_failover = true;
        self
    }

    /// It fails over to servers that confirmed no write.
    #[must_use]
    pub const fn unconfirmed_failover(mut self) -> Self {
        self.unconfirmed_failover = true;
        self
    }

    /// Other processes see the same records.
    #[must_use]
    pub const fn shared(mut self) -> Self {
        self.shared = true;
        self
    }

    /// Conditional puts hold within this process only.
    #[must_use]
    pub const fn conditional_per_process(mut self) -> Self {
        self.conditional_per_process = true;
        self
    }
}

/// The needs of a kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// Can be computed or fetched again when lost.
    Cache,
    /// Single use is a change of a record that must exist: a code, a pushed request. After an
    /// eviction it fails closed.
    ShortLived,
    /// A transition that must be kept for longer than an eviction is bearable: a grant, an account,
    /// keys.
    Transition,
    /// Created with Absent; after an eviction it would pass twice: replay ids, leases, names.
    Guard,
}

impl Class {
    /// Returns whether a record has to be kept until its end: a lost one can't be made again, or passes
    /// twice.
    #[must_use]
    pub fn lasts(self) -> bool {
        matches!(self, Self::Transition | Self::Guard)
    }

    /// Returns why a store can't carry records of this class; none if it can.
    #[must_use]
    pub fn refuses(self, store: &Capabilities) -> Option<String> {
        let needs_keeping = self.lasts();
        if self != Self::Cache && store.conditional_per_process {
            let name = store.name;
            return Some(format!("{name} decides conditional puts per process only"));
        }
        if needs_keeping && store.unconfirmed_failover {
            let name = store.name;
            return Some(format!(
                "{name} fails over to replicas that confirm no write"
            ));
        }
        (needs_keeping && store.may_evict).then(|| format!("{} may evict live records", store.name))
    }

    /// Returns the loss if a store may forget acknowledged writes: on a fail-over, with its process, or
    /// the last of them in a crash; none if that is bearable.
    #[must_use]
    pub fn warns(self, store: &Capabilities) -> Option<String> {
        self.loses(store).or_else(|| {
            let last = self.lasts() && store.shared && store.durability == Durability::Process;
            last.then(|| {
                format!(
                    "{} answers before its disk has what it writes, so a crash may undo its last writes, \
                     revocations among them: have it write to the disk first",
                    store.name
                )
            })
        })
    }

    /// The loss of more than the last writes.
    pub(crate) fn loses(self, store: &Capabilities) -> Option<String> {
        if !self.lasts() {
            return None;
        }
        let name = store.name;
        if store.loses_on_failover {
            return Some(format!(
                "{name} may lose acknowledged writes on a fail-over"
            ));
        }
        // One that is not shared ends with those who use it.
        let is_lost = store.shared && store.durability == Durability::Memory;
        is_lost.then(|| {
            format!(
                "{name} writes nothing to a disk, so a restart of it loses everything: have it write to its \
                 disk, or keep what has to last in another store"
            )
        })
    }
}
