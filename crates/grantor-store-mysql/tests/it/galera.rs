//! A node of a Galera cluster, which answers otherwise than a server alone: it has no locks by name,
//! and certifies what it commits.

use grantor_store::contract::{Alternating, run};
use grantor_store::{Applied, PutOutcome, Store};
use grantor_store_mysql::MysqlStore;
use grantor_testservers::start_galera_node;
use mysql_async::prelude::Queryable;

use crate::{administrator, block_on, creation, execute, runtime, suite};

#[test]
fn the_contract_holds_on_a_node_of_a_cluster() {
    let (server, runtime) = (start_galera_node().unwrap(), runtime());
    let handle = runtime.handle();
    let open = || handle.block_on(MysqlStore::open(&server.url())).unwrap();
    let (one, other) = (open(), open());
    let both = || suite(Alternating::new([one.clone(), other.clone()]), handle);
    assert_eq!(run(both), Ok(()));
}

#[test]
fn every_statement_waits_for_what_other_nodes_have_committed() {
    let server = start_galera_node().unwrap();
    block_on(&runtime(), async {
        let url = format!("{}?max_connections=1", server.url());
        let hosts = url.replace(
            "/grantor?",
            &format!(",127.0.0.1:{}/grantor?", server.port()),
        );
        let store = MysqlStore::open(&hosts).await.unwrap();
        assert!(
            !store.capabilities().loses_on_failover,
            "it replicates before it answers"
        );
        let mut administrator = administrator(&server).await;
        let note = "CREATE TABLE note (id INT PRIMARY KEY, text VARCHAR(200)) ENGINE = InnoDB";
        let trigger = "CREATE TRIGGER note BEFORE INSERT ON grantor_records FOR EACH ROW
            INSERT INTO note VALUES (1, @@wsrep_sync_wait)";
        execute(&mut administrator, &[note, trigger]).await;
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);
        let noted = administrator.query_first::<String, _>("SELECT text FROM note");
        assert_eq!(noted.await.unwrap().unwrap(), "7");
    });
}

#[test]
fn a_node_that_refuses_queries_is_an_error_that_applied_nothing() {
    let server = start_galera_node().unwrap();
    block_on(&runtime(), async {
        let store = MysqlStore::open(&server.url()).await.unwrap();
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);
        let mut administrator = administrator(&server).await;
        // Every statement gets the error that a node without its cluster gives.
        execute(
            &mut administrator,
            &["SET GLOBAL wsrep_reject_queries = ALL"],
        )
        .await;
        let error = store.put(&creation("b")).await.unwrap_err();
        assert_eq!(error.applied(), Applied::No, "{error}");
        let error = MysqlStore::open(&server.url()).await.unwrap_err();
        assert!(!error.is_configuration(), "{error}");
    });
}
