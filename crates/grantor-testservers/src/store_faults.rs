//! Faults that every store on a server has to bear, for the tests of [`stores`](crate::stores).

use std::time::{Duration, Instant};

use bytes::Bytes;
use grantor_store::{Error, Key, Put, PutOutcome, Store};
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

/// Creates records with the largest values until the store refuses one. The keys of those it has, the
/// put that it refused, and the reason.
///
/// # Panics
/// It takes more than fit into the smallest disk of a test.
pub async fn fill_up(store: &impl Store) -> (Vec<Key>, Put, Error) {
    let mut keys = Vec::new();
    for number in 0..1000 {
        let mut put = creation(&format!("filling {number}"));
        put.value = Bytes::from(vec![1; Put::MAX_VALUE]);
        match store.put(&put).await {
            Ok(_) => keys.push(put.key),
            Err(error) => return (keys, put, error),
        }
    }
    panic!("it has no end");
}
