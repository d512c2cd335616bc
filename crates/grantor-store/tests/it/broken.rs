//! Stores with one fault each. The suite is worth what it catches.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use grantor_core::{BoxFuture, Timestamp};
use grantor_store::contract::run;
use grantor_store::{
    Capabilities, Counter, Durability, Entry, Error, Expect, Key, Listing, MemoryStore, Moment,
    Put, PutOutcome, RemoveOutcome, Store,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Creates over what is there.
    AbsentUnchecked,
    /// Takes a dead record for none.
    AbsentOverDead,
    /// Any version will do.
    VersionUnchecked,
    /// Compares a part of the version, as a checksum of it would.
    VersionShortened,
    /// A version creates.
    VersionCreates,
    /// Any version but none.
    AnyConflicts,
    /// Does not know its own write again.
    RepeatConflicts,
    /// Takes the same value for the same write.
    RepeatByValue,
    /// Looks, then writes.
    LooksThenWrites,
    /// Writes before it answers a conflict.
    ConflictWrites,
    /// A conflict undoes what is written beside it.
    ConflictUndoesNeighbour,
    /// Answers from a replica.
    StaleGet,
    /// Judges expiry itself.
    DeadReadsAbsent,
    ExpiryInSeconds,
    ExpiryNotUpdated,
    /// Deletes on expiry, without regard for other clocks.
    DeadDeletedEarly,
    /// Makes room by dropping whatever there is.
    EvictsLive,
    /// As text columns of some databases do.
    KeysIgnoreCase,
    KeysTrimmed,
    /// As a C string.
    KeysEndAtZero,
    KeysShortened,
    ValuesShortened,
    LargeAccepted,
    RemoveUnchecked,
    RemoveKeeps,
    RemoveSaysRemoved,
    /// Looks, then removes.
    LooksThenRemoves,
    ListUnsorted,
    ListSkips,
    ListOverlaps,
    ListIgnoresPrefix,
    /// In the order of keys, as a database answers `IN (..)`.
    ManySorted,
    /// Only those that are there.
    ManySkipsAbsent,
    /// Forgets that one was asked for twice.
    ManyOnce,
    ManyFromReplica,
    CountsWithoutWindow,
    /// Looks, then adds.
    CountsLooksThenAdds,
    Panics,
}

#[derive(Debug)]
pub(crate) struct Wrapped {
    store: Arc<MemoryStore>,
    fault: Fault,
    previous: Mutex<HashMap<Key, Entry>>,
    last: Mutex<Option<Key>>,
}

impl Wrapped {
    /// The store itself, shared.
    pub(crate) fn around(store: &Arc<MemoryStore>) -> Self {
        Self::new(Arc::clone(store), Fault::None)
    }

    fn new(store: Arc<MemoryStore>, fault: Fault) -> Self {
        Self {
            store,
            fault,
            previous: Mutex::default(),
            last: Mutex::default(),
        }
    }

    fn key(&self, key: &Key) -> Key {
        let bytes = key.as_bytes();
        let changed = match self.fault {
            Fault::KeysIgnoreCase => bytes.to_ascii_lowercase(),
            Fault::KeysTrimmed => bytes.trim_ascii_end().to_vec(),
            Fault::KeysEndAtZero => match bytes {
                [start @ .., 0] => start.to_vec(),
                _ => bytes.to_vec(),
            },
            Fault::KeysShortened => bytes[..bytes.len().min(63)].to_vec(),
            _ => return *key,
        };
        Key::from_bytes(&changed).unwrap()
    }

    fn is_dead(entry: &Entry) -> bool {
        let now = grantor_http::system().now();
        entry.expires_at.is_some_and(|at| at <= now)
    }

    async fn faulty_put(&self, put: &Put) -> Result<PutOutcome, Error> {
        let mut put = put.clone();
        put.key = self.key(&put.key);
        let found = self.store.get(&put.key).await?;
        let stored = found.as_ref().map(|found| found.version);
        match (self.fault, put.expect) {
            (Fault::AbsentUnchecked, Expect::Absent) => put.expect = Expect::Any,
            (Fault::AbsentOverDead, Expect::Absent) => {
                if let Some(dead) = found.filter(Self::is_dead) {
                    put.expect = Expect::Version(dead.version);
                }
            }
            (Fault::VersionUnchecked, Expect::Version(_)) => {
                if let Some(found) = found {
                    put.expect = Expect::Version(found.version);
                }
            }
            (Fault::VersionShortened, Expect::Version(version)) => {
                if let Some(found) = found
                    && found.version.0[..15] == version.0[..15]
                {
                    put.expect = Expect::Version(found.version);
                }
            }
            (Fault::VersionCreates, Expect::Version(_)) if found.is_none() => {
                put.expect = Expect::Absent;
            }
            (Fault::AnyConflicts, Expect::Any) => put.expect = Expect::Absent,
            (Fault::RepeatConflicts, Expect::Absent | Expect::Version(_))
                if stored == Some(put.version) =>
            {
                return Ok(PutOutcome::Conflict);
            }
            (Fault::RepeatByValue, _)
                if found.as_ref().is_some_and(|found| found.value == put.value) =>
            {
                return Ok(PutOutcome::Stored);
            }
            (Fault::LooksThenWrites, _) => {
                if let Some(outcome) = put.settled_by(stored) {
                    return Ok(outcome);
                }
                thread::yield_now();
                put.expect = Expect::Any;
            }
            (Fault::ConflictWrites, _) if !put.expect.holds(stored) => {
                put.expect = Expect::Any;
                let _ = self.store.put(&put).await?;
                return Ok(PutOutcome::Conflict);
            }
            (Fault::ExpiryInSeconds, _) => {
                let secs = put.expires_at.map(Timestamp::as_secs);
                put.expires_at = secs.map(Timestamp::from_secs);
            }
            (Fault::ExpiryNotUpdated, _) => {
                if let Some(found) = found {
                    put.expires_at = found.expires_at;
                }
            }
            (Fault::ValuesShortened, _) => put.value.truncate(65_535),
            (Fault::LargeAccepted, _) => put.value.truncate(Put::MAX_VALUE),
            (Fault::Panics, _) => panic!("as a careless adapter does"),
            _ => {}
        }
        let outcome = self.store.put(&put).await?;
        self.afterwards(&put, outcome).await?;
        Ok(outcome)
    }

    async fn afterwards(&self, put: &Put, outcome: PutOutcome) -> Result<(), Error> {
        let last = match outcome {
            PutOutcome::Stored => self.last.lock().unwrap().replace(put.key),
            PutOutcome::Conflict => self.last.lock().unwrap().take(),
        };
        let undo = self.fault == Fault::ConflictUndoesNeighbour && outcome == PutOutcome::Conflict;
        let evict =
            self.fault == Fault::EvictsLive && put.value == "garbage" && put.version.0[0] < 32;
        if let Some(key) = last.filter(|_| undo) {
            let _ = self.store.remove(&key, Expect::Any).await?;
        }
        if evict {
            let page = self
                .store
                .list(&Key::from_bytes(b"").unwrap(), None, 1000)
                .await?;
            for (key, entry) in page {
                if entry.value == "live" {
                    let _ = self.store.remove(&key, Expect::Any).await?;
                }
            }
        }
        if self.fault == Fault::DeadDeletedEarly {
            let now = grantor_http::system().now();
            self.store.sweep(now + Duration::from_secs(60));
        }
        Ok(())
    }
}

impl Store for Wrapped {
    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move {
            let found = self.store.get(&self.key(key)).await?;
            match self.fault {
                Fault::DeadReadsAbsent => Ok(found.filter(|entry| !Self::is_dead(entry))),
                Fault::StaleGet => {
                    let mut previous = self.previous.lock().unwrap();
                    let stale = match found.clone() {
                        Some(found) => previous.insert(*key, found),
                        None => previous.remove(key),
                    };
                    Ok(stale.or(found))
                }
                _ => Ok(found),
            }
        })
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        match self.fault {
            Fault::None => self.store.put(put),
            _ => Box::pin(self.faulty_put(put)),
        }
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        Box::pin(async move {
            let key = self.key(key);
            match self.fault {
                Fault::RemoveUnchecked => self.store.remove(&key, Expect::Any).await,
                Fault::RemoveSaysRemoved => {
                    let outcome = self.store.remove(&key, expect).await?;
                    Ok(match outcome {
                        RemoveOutcome::Absent => RemoveOutcome::Removed,
                        other => other,
                    })
                }
                Fault::RemoveKeeps => {
                    let stored = self.store.get(&key).await?.map(|entry| entry.version);
                    Ok(match stored {
                        None => RemoveOutcome::Absent,
                        _ if expect.holds(stored) => RemoveOutcome::Removed,
                        _ => RemoveOutcome::Conflict,
                    })
                }
                Fault::LooksThenRemoves => {
                    let stored = self.store.get(&key).await?.map(|entry| entry.version);
                    if stored.is_some() && expect.holds(stored) {
                        thread::yield_now();
                        let _ = self.store.remove(&key, Expect::Any).await?;
                        return Ok(RemoveOutcome::Removed);
                    }
                    self.store.remove(&key, expect).await
                }
                _ => self.store.remove(&key, expect).await,
            }
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        Box::pin(async move {
            let mut keys: Vec<_> = keys.iter().map(|key| self.key(key)).collect();
            match self.fault {
                Fault::ManySorted => keys.sort_unstable(),
                Fault::ManyOnce => {
                    let mut seen = Vec::new();
                    keys.retain(|key| {
                        let new = !seen.contains(key);
                        seen.push(*key);
                        new
                    });
                }
                _ => {}
            }
            let mut entries = self.store.get_many(&keys).await?;
            match self.fault {
                Fault::ManySkipsAbsent => entries.retain(Option::is_some),
                Fault::ManyFromReplica => {
                    let previous = self.previous.lock().unwrap();
                    for (key, entry) in keys.iter().zip(&mut entries) {
                        *entry = previous.get(key).cloned();
                    }
                }
                _ => {}
            }
            Ok(entries)
        })
    }

    fn observe_time(&self, moment: Moment) {
        self.store.observe_time(moment);
    }

    fn counter(self: Arc<Self>) -> Option<Arc<dyn Counter>> {
        Some(self)
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(self)
    }
}

impl Counter for Wrapped {
    fn add<'a>(
        &'a self,
        key: &'a Key,
        n: u64,
        window: Duration,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(async move {
            match self.fault {
                Fault::CountsWithoutWindow => {
                    let start = Timestamp::from_secs(0);
                    self.store.add(key, n, window, start).await
                }
                Fault::CountsLooksThenAdds => {
                    let before = self.store.add(key, 0, window, now).await?;
                    thread::yield_now();
                    self.store.add(key, n, window, now).await?;
                    Ok(before.saturating_add(n))
                }
                _ => self.store.add(key, n, window, now).await,
            }
        })
    }
}

impl Listing for Wrapped {
    fn list<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Key, Entry)>, Error>> {
        Box::pin(async move {
            let all = Key::from_bytes(&prefix.as_bytes()[..prefix.as_bytes().len() - 1]).unwrap();
            let prefix = match self.fault {
                Fault::ListIgnoresPrefix => &all,
                _ => prefix,
            };
            let before = match (self.fault, after) {
                (Fault::ListOverlaps, Some(after)) => {
                    let page = self.store.list(prefix, None, 1000).await?;
                    page.iter().map(|(key, _)| *key).rfind(|key| key < after)
                }
                _ => None,
            };
            let after = match self.fault {
                Fault::ListOverlaps => before.as_ref(),
                _ => after,
            };
            let mut page = self.store.list(prefix, after, limit).await?;
            match self.fault {
                Fault::ListUnsorted => page.reverse(),
                Fault::ListSkips if page.len() == limit => drop(page.pop()),
                _ => {}
            }
            Ok(page)
        })
    }
}

fn check(fault: Fault, rule: &str) {
    // A race is not lost every time.
    for _ in 0..10 {
        let failures = run(|| super::suite(Wrapped::new(Arc::default(), fault))).unwrap_err();
        if failures.iter().any(|failure| failure.rule == rule) {
            return;
        }
    }
    panic!("{fault:?} was not caught by {rule}");
}

#[test]
fn the_suite_catches_broken_expectations() {
    check(Fault::AbsentUnchecked, "absent_creates_once");
    check(
        Fault::AbsentOverDead,
        "a_dead_record_is_kept_for_the_clock_skew",
    );
    check(Fault::VersionUnchecked, "a_version_is_compared_whole");
    check(Fault::VersionShortened, "a_version_is_compared_whole");
    check(Fault::VersionCreates, "a_version_matches_no_absent_record");
    check(Fault::AnyConflicts, "any_overwrites");
    check(Fault::RepeatConflicts, "a_repeated_put_answers_stored");
    check(Fault::RepeatByValue, "absent_creates_once");
    check(Fault::ConflictWrites, "a_conflict_changes_nothing");
}

#[test]
fn the_suite_catches_broken_races() {
    check(Fault::LooksThenWrites, "one_of_many_creators_wins");
    check(Fault::LooksThenWrites, "one_of_many_updates_wins");
    check(Fault::LooksThenWrites, "a_dead_record_is_taken_over_once");
    check(Fault::LooksThenWrites, "a_code_is_redeemed_once");
    check(Fault::LooksThenWrites, "no_increment_is_lost");
    check(Fault::LooksThenRemoves, "a_record_is_removed_once");
    check(
        Fault::ConflictUndoesNeighbour,
        "conflicts_leave_neighbours_alone",
    );
}

#[test]
fn the_suite_catches_broken_reads_keys_and_values() {
    check(Fault::StaleGet, "a_get_sees_every_acknowledged_put");
    check(Fault::KeysIgnoreCase, "keys_compare_bytewise");
    check(Fault::KeysTrimmed, "keys_compare_bytewise");
    check(Fault::KeysEndAtZero, "keys_compare_bytewise");
    check(Fault::KeysShortened, "keys_of_every_length_are_apart");
    check(
        Fault::ValuesShortened,
        "values_hold_any_bytes_up_to_the_limit",
    );
    check(
        Fault::LargeAccepted,
        "a_value_over_the_limit_is_refused_and_changes_nothing",
    );
    check(Fault::Panics, "what_was_put_is_read_back");
}

#[test]
fn the_suite_catches_broken_expiry() {
    check(
        Fault::DeadReadsAbsent,
        "a_dead_record_is_kept_for_the_clock_skew",
    );
    check(
        Fault::DeadDeletedEarly,
        "a_dead_record_is_kept_for_the_clock_skew",
    );
    check(Fault::ExpiryInSeconds, "an_expiry_is_kept_as_given");
    check(Fault::ExpiryNotUpdated, "an_expiry_is_kept_as_given");
    check(Fault::EvictsLive, "a_live_record_is_never_lost");
}

#[test]
fn the_suite_catches_broken_reads_of_many_and_counters() {
    for fault in [Fault::ManySorted, Fault::ManySkipsAbsent, Fault::ManyOnce] {
        check(fault, "many_are_read_in_the_order_asked_for");
    }
    check(Fault::ManyFromReplica, "many_see_every_acknowledged_put");
    check(
        Fault::CountsWithoutWindow,
        "a_counter_sums_within_its_window",
    );
    check(Fault::CountsLooksThenAdds, "no_count_is_lost");
}

#[test]
fn the_suite_catches_a_store_that_forgets() {
    #[derive(Debug)]
    struct Forgets(MemoryStore);

    impl Store for Forgets {
        fn capabilities(&self) -> Capabilities {
            Capabilities::new("a forgetful store").with_durability(Durability::Disk)
        }
        fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
            self.0.get(key)
        }
        fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
            self.0.put(put)
        }
        fn remove<'a>(
            &'a self,
            key: &'a Key,
            expect: Expect,
        ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
            self.0.remove(key, expect)
        }
    }

    let open = || Forgets(MemoryStore::new());
    let failures = run(|| super::suite(open()).reopen(open)).unwrap_err();
    let rules: Vec<_> = failures.iter().map(|failure| failure.rule).collect();
    assert_eq!(rules, ["what_was_acknowledged_outlives_the_store"]);
}

#[test]
fn the_suite_catches_broken_removals_and_listings() {
    check(Fault::RemoveUnchecked, "a_removal_heeds_its_expectation");
    check(Fault::RemoveSaysRemoved, "a_removal_heeds_its_expectation");
    check(Fault::RemoveKeeps, "a_removed_record_can_be_created_again");
    check(Fault::ListUnsorted, "a_listing_is_in_order_and_complete");
    check(Fault::ListSkips, "a_listing_is_in_order_and_complete");
    check(Fault::ListOverlaps, "a_listing_is_in_order_and_complete");
    check(Fault::ListIgnoresPrefix, "a_listing_keeps_to_its_prefix");
}
