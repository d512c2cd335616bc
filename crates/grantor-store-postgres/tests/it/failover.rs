//! The primary is lost under writes, and its synchronous standby takes over.

use std::sync::Arc;

use grantor_store::{Durability, Store};
use grantor_store_postgres::PostgresStore;
use grantor_testservers::Postgres;
use grantor_testservers::store_writers::Writers;

use crate::hosts::both;
use crate::{administrator, block_on, runtime};

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

        let writers = Writers::start(&store);
        writers.write_on().await;
        primary.kill();
        let administrator = administrator(&standby.url()).await;
        let promoted = administrator.query_one("SELECT pg_promote()", &[]).await;
        assert!(promoted.unwrap().get::<_, bool>(0));
        writers.write_on().await;
        writers.end().await;
        store.health().await.unwrap();
    });
}
