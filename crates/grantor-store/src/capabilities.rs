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

/// What a store promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// A short name for messages.
    pub name: &'static str,
    /// What "stored" means.
    pub durability: Durability,
    /// It may drop live records when memory runs short.
    pub may_evict: bool,
    /// It may lose acknowledged writes on a fail-over.
    pub loses_on_failover: bool,
    /// Other processes see the same records.
    pub shared: bool,
}

/// What a kind of record asks of its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Class {
    /// It can be had again.
    Cache,
    /// Single use is a change of a record that must exist: a code, a pushed request. After an
    /// eviction it fails closed.
    ShortTransition,
    /// As above, for longer than an eviction is bearable: a grant, an account, keys.
    Transition,
    /// Created with Absent; after an eviction it would pass twice: replay ids, leases, names.
    Guard,
}

impl Class {
    /// Why a store can't carry records of this class; none if it can.
    #[must_use]
    pub fn refuses(self, store: &Capabilities) -> Option<String> {
        let needs_keeping = matches!(self, Self::Transition | Self::Guard);
        (needs_keeping && store.may_evict).then(|| format!("{} may evict live records", store.name))
    }
}
