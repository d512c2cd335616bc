//! The server is killed in the middle of writes, and comes back.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use grantor_store::{Applied, PutOutcome, Store};
use grantor_store_mysql::MysqlStore;
use grantor_testservers::MariaDb;

use crate::{block_on, creation, runtime, value_of};

/// Puts until the test ends it; after an error the same put again, until it has an answer.
pub(crate) async fn write(
    store: Arc<MysqlStore>,
    writer: usize,
    acknowledged: Arc<AtomicUsize>,
    end: Arc<AtomicBool>,
) -> (Vec<String>, HashMap<&'static str, usize>) {
    let (mut keys, mut errors) = (Vec::new(), HashMap::new());
    while !end.load(Ordering::Relaxed) {
        let key = format!("{writer} {}", keys.len());
        let put = creation(&key);
        loop {
            match store.put(&put).await {
                Ok(outcome) => {
                    // Nobody else writes it: a conflict would be with its own first try.
                    assert_eq!(outcome, PutOutcome::Stored, "{key}");
                    break;
                }
                Err(error) => {
                    let kind = match error.applied() {
                        Applied::No => "not applied",
                        _ => "unknown",
                    };
                    *errors.entry(kind).or_insert(0) += 1;
                    tokio::task::yield_now().await;
                }
            }
        }
        acknowledged.fetch_add(1, Ordering::Relaxed);
        keys.push(key);
    }
    (keys, errors)
}

#[test]
fn what_was_acknowledged_outlives_a_killed_server_and_the_store_recovers() {
    let mut server = MariaDb::start_with(&["--innodb-flush-log-at-trx-commit=2"]).unwrap();
    block_on(&runtime(), async {
        let store = Arc::new(MysqlStore::open(&server.url()).await.unwrap());
        let (acknowledged, end) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (count, end) = (Arc::clone(&acknowledged), Arc::clone(&end));
                tokio::spawn(write(Arc::clone(&store), writer, count, end))
            })
            .collect();
        let reaches = async |goal: usize| {
            while acknowledged.load(Ordering::Relaxed) < goal {
                tokio::task::yield_now().await;
            }
        };
        let mut goal = 50;
        for _ in 0..3 {
            reaches(goal).await;
            server.kill();
            server.restart().unwrap();
            goal = acknowledged.load(Ordering::Relaxed) + 50;
        }
        reaches(goal).await;
        end.store(true, Ordering::Relaxed);
        let mut failed = 0;
        for writer in writers {
            let (keys, errors) = writer.await.unwrap();
            failed += errors.values().sum::<usize>();
            for key in keys {
                assert_eq!(value_of(&*store, &key).await.unwrap(), key);
            }
        }
        assert!(failed > 0, "the writers noticed no crash");
    });
}
