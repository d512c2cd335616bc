//! Faults that every store on a server has to bear, for the tests of [`stores`](crate::stores).

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::time::{Duration, Instant};

use bytes::Bytes;
use grantor_http::system;
use grantor_store::{Applied, Error, Expect, Key, Put, PutOutcome, RemoveOutcome, Store};
use tokio::time::sleep;

use crate::stores::{creation, value_of};
use crate::{Network, Proxy};

/// How long a store may take until it is well again.
const RECOVERY: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);
const LATE: Duration = Duration::from_millis(50);

/// Has a network behind a store fail in each way, while records are created. Each creation ends within
/// ten times `timeout`, is there once after the network works again, and nobody else wins it.
///
/// # Panics
/// That is not so.
pub async fn bear_every_network(store: &impl Store, proxy: &Proxy, timeout: Duration) {
    let networks = [
        Network::AnswersLate(LATE),
        Network::CutsAnswers,
        Network::HoldsAnswers,
        Network::Stalls,
    ];
    for (number, network) in networks.into_iter().enumerate() {
        let key = format!("in network {number}");
        let put = creation(&key);
        proxy.set(network);
        let began = Instant::now();
        // Success or a failure: what it said is not changed by the repetitions below.
        let outcome = store.put(&put).await;
        assert!(began.elapsed() < timeout * 10, "{key}: {outcome:?}");
        assert!(!matches!(outcome, Ok(PutOutcome::Conflict)), "{key}");
        proxy.set(Network::Works);
        repeat_until_stored(store, &put).await;
        let value = value_of(store, &key).await;
        assert_eq!(value.as_deref(), Some(key.as_bytes()));
        let other = store.put(&creation(&key)).await;
        assert!(
            matches!(other, Ok(PutOutcome::Conflict)),
            "{key}: {other:?}"
        );
    }
}

/// Has a network behind a store keep the answer to a creation. It is there, by the way of the store
/// `direct`, and its outcome is unknown to the first. The put; the network works again.
///
/// # Panics
/// That is not so.
pub async fn lose_an_answer(store: &impl Store, direct: &impl Store, proxy: &Proxy) -> Put {
    // A connection is open, and knows the statement, when the answers begin to be held.
    store.put(&creation("before")).await.map(drop).unwrap();
    proxy.set(Network::HoldsAnswers);
    let put = creation("a");
    let error = store.put(&put).await.unwrap_err();
    assert_eq!(error.applied(), Applied::Unknown, "{error}");
    assert_eq!(value_of(direct, "a").await.unwrap(), "a", "it arrived");
    let error = store.get(&put.key).await.unwrap_err();
    assert_eq!(error.applied(), Applied::No, "{error}");
    proxy.set(Network::Works);
    put
}

/// Settles the unknown outcome of a creation: the same put is stored, and another one is too late.
///
/// # Panics
/// That is not so.
pub async fn settle(store: &impl Store, put: &Put) {
    assert_eq!(store.put(put).await.unwrap(), PutOutcome::Stored);
    let mut other = put.clone();
    other.version = creation("").version;
    assert_eq!(store.put(&other).await.unwrap(), PutOutcome::Conflict);
}

/// Breaks the connection of a creation after it arrived, which the store `direct` sees, and ends the server
/// by `kill`, so that no later try is answered.
///
/// # Panics
/// The outcome is not unknown.
pub async fn lose_an_answer_and_the_server(
    store: impl Store + 'static,
    direct: impl Store,
    proxy: &Proxy,
    kill: impl FnOnce(),
) {
    store.put(&creation("before")).await.map(drop).unwrap();
    proxy.set(Network::HoldsAnswers);
    let waiting = tokio::spawn(async move { store.put(&creation("a")).await });
    while value_of(&direct, "a").await.is_none() {}
    kill();
    proxy.break_connections();
    let error = waiting.await.unwrap().unwrap_err();
    assert_eq!(error.applied(), Applied::Unknown, "{error}");
    assert!(error.to_string().contains("an earlier try"), "{error}");
}

/// Breaks the connections of a store again and again while they are idle.
///
/// # Panics
/// An operation fails.
pub async fn break_while_idle(store: &impl Store, proxy: &Proxy) {
    for round in 0..20 {
        let key = format!("{round}");
        let stored = store.put(&creation(&key)).await;
        assert_eq!(stored.unwrap(), PutOutcome::Stored);
        proxy.break_connections();
        assert_eq!(value_of(store, &key).await.unwrap(), key);
    }
    let connections = proxy.connections();
    assert!(connections > 10, "{connections}: none of them broke");
}

/// Has a network lose all connections of a store without a sign, when several of them are idle. One
/// operation gets no answer, and the next one does.
///
/// # Panics
/// That is not so.
pub async fn lose_idle_connections(store: &impl Store, proxy: &Proxy) {
    let (a, b, c) = (creation("a"), creation("b"), creation("c"));
    let stored = tokio::join!(store.put(&a), store.put(&b), store.put(&c));
    for outcome in [stored.0, stored.1, stored.2] {
        assert_eq!(outcome.unwrap(), PutOutcome::Stored);
    }
    assert!(proxy.connections() >= 3, "{}", proxy.connections());
    proxy.lose_connections();
    let error = store.get(&a.key).await.unwrap_err();
    assert_eq!(error.applied(), Applied::No, "{error}");
    assert_eq!(value_of(store, "a").await.unwrap(), "a");
}

/// Repeats a put until the store, which is to be well soon, has it.
///
/// # Panics
/// It is not, or says that another one is in its way.
pub async fn repeat_until_stored(store: &impl Store, put: &Put) {
    let began = Instant::now();
    loop {
        match store.put(put).await {
            Ok(PutOutcome::Stored) => return,
            Ok(PutOutcome::Conflict) => panic!("its own write is in its way"),
            Err(error) => assert!(began.elapsed() < RECOVERY, "not well again: {error}"),
        }
        sleep(PAUSE).await;
    }
}

/// Creates records with the largest values until the store finds no room for one. The keys of those it
/// has, and the put that changed nothing.
///
/// # Panics
/// It takes more than fit into the smallest disk of a test, or fails in another way.
pub async fn fill_up(store: &impl Store) -> (Vec<Key>, Put) {
    let (keys, refused, error) = put_until_refused(store).await;
    assert_eq!(error.applied(), Applied::No, "{error}");
    assert!(!error.is_configuration(), "{error}");
    assert!(keys.len() > 10, "{}: {error}", keys.len());
    assert_eq!(store.get(&refused.key).await.unwrap(), None);
    // A database may have found room meanwhile in what it has undone.
    if let Err(error) = store.put(&refused).await {
        assert_eq!(error.applied(), Applied::No, "{error}");
    }
    (keys, refused)
}

/// Removes some records.
///
/// # Panics
/// One of them is not there.
pub async fn make_room(store: &impl Store, keys: &[Key]) {
    for key in keys {
        let removed = store.remove(key, Expect::Any).await.unwrap();
        assert_eq!(removed, RemoveOutcome::Removed);
    }
}

/// Creates records with the largest values, which nothing makes smaller, until that fails: the keys of
/// those that were stored, the put that failed, and how.
///
/// # Panics
/// It takes more than fit into the smallest disk of a test.
pub async fn put_until_refused(store: &impl Store) -> (Vec<Key>, Put, Error) {
    let mut keys = Vec::new();
    for number in 0..1000 {
        let mut put = creation(&format!("filling {number}"));
        let bytes = || system().random_bytes::<1024>();
        let value: Vec<_> = (0..Put::MAX_VALUE / 1024).flat_map(|_| bytes()).collect();
        put.value = Bytes::from(value);
        match store.put(&put).await {
            Ok(_) => keys.push(put.key),
            Err(error) => return (keys, put, error),
        }
    }
    panic!("it has no end");
}
