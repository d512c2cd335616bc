//! The deletion of dead records, for the tests of [`stores`](crate::stores).

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::time::Duration;

use futures_util::future::try_join_all;
use grantor_core::Timestamp;
use grantor_store::{Counter, Error, Key, Kind, Moment, Namespace, Notice, Put, Store, kinds};
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
        try_join_all(puts).await.map(drop).unwrap();
    }
}

/// Has a store delete what is dead, by the caller's clock alone: after the clock skew, and not after a
/// jump of that clock. `counts` is how many counts the database has.
///
/// # Panics
/// It deletes less or more.
pub async fn delete_after_the_skew<S: Store + Counter>(store: &S, counts: impl AsyncFn() -> u64) {
    let dead = |number| {
        let mut put = creation(&format!("dead {number}"));
        put.expires_at = Some(Timestamp::from_secs(START));
        put
    };
    put_all(store, &(0..MANY).map(dead).collect::<Vec<_>>()).await;
    let mut live = creation("live");
    live.expires_at = Some(Timestamp::from_secs(START + 1000));
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

/// Has a store that `open` opens twice notice, by what its database knows, that the clock jumped in
/// between.
///
/// # Panics
/// It does not, or deletes by that clock before an hour is over.
pub async fn know_the_newest_time<S: Store>(open: impl AsyncFn() -> Result<S, Error>) {
    let store = open().await.unwrap();
    let mut dead = creation("dead");
    dead.expires_at = Some(Timestamp::from_secs(START + 2000));
    put_all(&store, &[dead]).await;
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
