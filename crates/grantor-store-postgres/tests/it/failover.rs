//! The primary is lost under writes, and its synchronous standby takes over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use grantor_store::{Durability, Store};
use grantor_store_postgres::PostgresStore;
use grantor_testservers::Postgres;

use crate::crashes::write;
use crate::hosts::both;
use crate::{administrator, block_on, runtime, value_of};

#[test]
fn what_was_acknowledged_outlives_the_primary() {
    let settings = ["fsync=on", "synchronous_standby_names=second"];
    let mut primary = Postgres::start_with(&settings).unwrap();
    let standby = primary.start_standby("second").unwrap();
    block_on(&runtime(), async {
        let url = both(primary.port(), standby.port());
        let store = Arc::new(PostgresStore::open(&url).await.unwrap());
        let capabilities = store.capabilities();
        assert_eq!(capabilities.durability, Durability::Quorum);
        assert!(!capabilities.loses_on_failover);

        let (acknowledged, end) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (count, end) = (Arc::clone(&acknowledged), Arc::clone(&end));
                tokio::spawn(write(Arc::clone(&store), writer, count, end))
            })
            .collect();
        reach(&acknowledged, 50).await;
        primary.kill();
        let administrator = administrator(&standby.url()).await;
        let promoted = administrator.query_one("SELECT pg_promote()", &[]).await;
        assert!(promoted.unwrap().get::<_, bool>(0));
        reach(&acknowledged, acknowledged.load(Ordering::Relaxed) + 50).await;
        end.store(true, Ordering::Relaxed);

        let mut failed = 0;
        for writer in writers {
            let (keys, errors) = writer.await.unwrap();
            failed += errors.values().sum::<usize>();
            for key in keys {
                assert_eq!(value_of(&*store, &key).await.unwrap(), key);
            }
        }
        assert!(failed > 0, "the writers noticed nothing");
        store.health().await.unwrap();
    });
}

async fn reach(acknowledged: &AtomicUsize, goal: usize) {
    while acknowledged.load(Ordering::Relaxed) < goal {
        tokio::task::yield_now().await;
    }
}
