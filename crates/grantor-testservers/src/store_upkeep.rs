//! The deletion of dead records, for the tests of [`stores`](crate::stores).

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::time::Duration;

use futures_util::future::try_join_all;
use grantor_core::Timestamp;
use grantor_store::{
    Counter, Error, Expect, Key, Kind, Moment, Namespace, Notice, Put, PutOutcome, Store, Version,
    kinds,
};
use tokio::time::sleep;

use crate::stores::{creation, system, value_of};

/// More than one step of an upkeep deletes.
const MANY: usize = 2500;
const START: i64 = 1_000_000;
const POLL: Duration = Duration::from_millis(50);

fn moment(seconds: i64) -> Moment {
    Moment {
        now: Timestamp::from_secs(START + seconds),
        elapsed: Duration::from_secs(seconds.unsigned_abs()),
    }
}

async fn put_all(store: &impl Store, puts: &[Put]) {
    for some in puts.chunks(100) {
        let puts = some.iter().map(|put| store.put(put));
        let outcomes = try_join_all(puts).await.unwrap();
        assert!(outcomes.iter().all(|put| *put == PutOutcome::Stored));
    }
}

/// A creation of a record that is dead so many seconds after the start.
fn creation_until(key: &str, seconds: i64) -> Put {
    let mut put = creation(key);
    put.expires_at = Some(Timestamp::from_secs(START + seconds));
    put
}

/// A put that changes only the expiry of what `put` stored.
fn with_expiry(put: &Put, seconds: Option<i64>) -> Put {
    Put {
        expires_at: seconds.map(|seconds| Timestamp::from_secs(START + seconds)),
        version: Version(system().random_bytes()),
        expect: Expect::Version(put.version),
        ..put.clone()
    }
}

/// Has a store delete what is dead, by the caller's clock alone: after the clock skew, and not after a
/// jump of that clock. `counts` is how many counts the database has.
///
/// # Panics
/// It deletes less or more.
pub async fn delete_after_the_skew<S: Store + Counter>(store: &S, counts: impl AsyncFn() -> u64) {
    let dead = |number| creation_until(&format!("dead {number}"), 0);
    put_all(store, &(0..MANY).map(dead).collect::<Vec<_>>()).await;
    let live = creation_until("live", 1000);
    put_all(store, &[live, creation("for ever")]).await;
    let (key, window) = (Key::from_bytes(b"count").unwrap(), Duration::from_secs(1));
    let start = Timestamp::from_secs(START);
    assert_eq!(store.add(&key, 1, window, start).await.unwrap(), 1);

    let early = store.maintain(moment(59)).await.unwrap();
    assert_eq!(early.deleted, 0);
    // Two at once share the work.
    let both = tokio::join!(store.maintain(moment(60)), store.maintain(moment(60)));
    let deleted = both.0.unwrap().deleted + both.1.unwrap().deleted;
    let rest = store.maintain(moment(60)).await.unwrap().deleted;
    assert_eq!(deleted + rest, MANY);
    assert_eq!(value_of(store, "live").await.unwrap(), "live");

    // The window of the count ended a second later.
    assert_eq!(store.maintain(moment(61)).await.unwrap().deleted, 0);
    assert_eq!(counts().await, 0);

    let mut jumped = moment(62);
    jumped.now = Timestamp::from_secs(START + 90_000);
    assert_eq!(store.maintain(jumped).await.unwrap().deleted, 0);
    assert_eq!(value_of(store, "live").await.unwrap(), "live");
}

/// Has a store delete records by the expiry that they were given last, whether it was moved later or
/// earlier, removed or added.
///
/// # Panics
/// It deletes others.
pub async fn delete_by_the_last_expiry(store: &impl Store) {
    // Those at the head of the sweep are more than one step looks at, and none of them is dead.
    let first = (0..MANY).map(|number| creation_until(&format!("renewed {number}"), 0));
    let first: Vec<_> = first.collect();
    let renewed = |(number, put)| {
        let mut renewed = with_expiry(put, Some(1000));
        if number % 2 == 0 {
            renewed.expect = Expect::Any;
        }
        renewed
    };
    put_all(store, &first).await;
    let renewed: Vec<_> = first.iter().enumerate().map(renewed).collect();
    put_all(store, &renewed).await;

    for (id, before, after) in [
        ("shortened", Some(1000), Some(1)),
        ("added", None, Some(1)),
        ("renewed and shortened", Some(500), Some(1)),
        ("removed", Some(0), None),
        ("renewed twice", Some(0), Some(2000)),
    ] {
        for expect_any in [false, true] {
            let created = with_expiry(&creation(&format!("{id} {expect_any}")), before);
            let created = Put {
                expect: Expect::Absent,
                ..created
            };
            let longer = with_expiry(&created, before.map(|before| before + 500));
            let mut changed = with_expiry(&longer, after);
            if expect_any {
                changed.expect = Expect::Any;
            }
            put_all(store, &[created]).await;
            put_all(store, &[longer]).await;
            put_all(store, &[changed]).await;
        }
    }

    let deleted = async |seconds| store.maintain(moment(seconds)).await.unwrap().deleted;
    assert_eq!(deleted(60).await, 0);
    assert_eq!(deleted(61).await, 6);
    let shortened = [
        "shortened false",
        "added true",
        "renewed and shortened true",
    ];
    for id in shortened {
        assert_eq!(value_of(store, id).await, None);
    }
    assert_eq!(deleted(1059).await, 0);
    assert_eq!(deleted(1060).await, MANY);
    assert_eq!(deleted(2059).await, 0);
    assert_eq!(deleted(2060).await, 2);
    assert_eq!(deleted(100_000).await, 0);
    for id in ["removed false", "removed true"] {
        assert!(value_of(store, id).await.is_some());
    }
}

/// Has a store delete what is dead while the same records are renewed: each is renewed or deleted.
///
/// # Panics
/// It deletes a record after that was renewed, or renews one that was deleted.
pub async fn delete_no_record_that_is_renewed_meanwhile(store: &impl Store) {
    for round in 0..4 {
        let dead = (0..MANY).map(|number| creation_until(&format!("{round} {number}"), 0));
        let dead: Vec<_> = dead.collect();
        put_all(store, &dead).await;
        // In another order than that of their creation, which the sweep may follow.
        let renewals = (0..MANY).map(|number| with_expiry(&dead[number * 501 % MANY], Some(1000)));
        let renewals: Vec<_> = renewals.collect();
        let renew = async {
            let mut outcomes = Vec::new();
            for some in renewals.chunks(10) {
                let puts = some.iter().map(|put| store.put(put));
                outcomes.extend(try_join_all(puts).await.unwrap());
            }
            outcomes
        };
        let (outcomes, deleted) = tokio::join!(renew, store.maintain(moment(60)));
        let mut renewed = 0;
        for (put, outcome) in renewals.iter().zip(outcomes) {
            let is_renewed = outcome == PutOutcome::Stored;
            let found = store.get(&put.key).await.unwrap();
            assert_eq!(found.is_some(), is_renewed, "{:?}", put.key);
            renewed += usize::from(is_renewed);
        }
        assert_eq!(renewed + deleted.unwrap().deleted, MANY);
    }
}

/// Has a store that `open` opens twice notice, by what its database knows, that the clock jumped in
/// between.
///
/// # Panics
/// It does not, or deletes by that clock before an hour is over.
pub async fn know_the_newest_time<S: Store>(open: impl AsyncFn() -> Result<S, Error>) {
    let store = open().await.unwrap();
    put_all(&store, &[creation_until("dead", 2000)]).await;
    assert_eq!(store.maintain(moment(0)).await.unwrap().deleted, 0);
    drop(store);

    let store = open().await.unwrap();
    let later = store.maintain(moment(86_400)).await.unwrap();
    assert_eq!(later.deleted, 0);
    let [
        Notice::ClockJumped {
            restarted: true, ..
        },
    ] = later.notices[..]
    else {
        panic!("{:?}", later.notices);
    };
    let an_hour_later = store.maintain(moment(86_400 + 3600)).await.unwrap();
    assert_eq!(an_hour_later.deleted, 1);
}

/// Has a database delete caches by its own clock, which is that of this machine, and a store grants by
/// the clock of its caller.
///
/// # Panics
/// They delete others.
pub async fn delete_caches_by_the_databases_clock(store: &impl Store) {
    let key = |kind: Kind, id: &str| {
        Namespace::new("https://id.example").key(kind.letters(), id.as_bytes())
    };
    let now = system().now();
    let yesterday = now - Duration::from_secs(86_400);
    let put = |kind: Kind, id: &str, expires_at| {
        let mut put = creation("");
        put.key = key(kind, id);
        put.expires_at = Some(expires_at);
        put
    };
    let grants = (0..MANY).map(|number| put(kinds::GRANTS, &number.to_string(), yesterday));
    let grants: Vec<_> = grants.collect();
    put_all(store, &grants).await;
    let live = put(kinds::GRANTS, "live", now);
    let cached = put(kinds::CACHED_TOKENS, "1", yesterday);
    put_all(store, &[live.clone(), cached.clone()]).await;
    while store.get(&cached.key).await.unwrap().is_some() {
        sleep(POLL).await;
    }
    let keys: Vec<_> = grants.iter().map(|put| put.key).collect();
    let found = store.get_many(&keys).await.unwrap();
    assert!(found.iter().all(Option::is_some));

    let at = |now: Timestamp, elapsed: u64| Moment {
        now,
        elapsed: Duration::from_secs(elapsed),
    };
    let skew = Duration::from_secs(60);
    let early = store.maintain(at(yesterday + skew / 2, 0)).await.unwrap();
    assert_eq!(early.deleted, 0);
    let later = store.maintain(at(yesterday + skew, 30)).await.unwrap();
    assert_eq!(later.deleted, MANY);
    let found = store.get_many(&keys).await.unwrap();
    assert!(found.iter().all(Option::is_none));
    let jumped = store.maintain(at(now + skew, 31)).await.unwrap();
    assert_eq!((jumped.deleted, jumped.notices.len()), (0, 1));
    assert!(store.get(&live.key).await.unwrap().is_some());
}
