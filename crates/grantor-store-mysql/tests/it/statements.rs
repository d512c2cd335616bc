//! How many statements an operation is.

use grantor_store::{Expect, PutOutcome, RemoveOutcome, Store};
use grantor_store_mysql::{MysqlOptions, MysqlStore};
use grantor_testservers::MariaDb;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::{administrator, block_on, creation, runtime};

/// How many statements the server has prepared, and how many it was sent by all.
async fn sent(administrator: &mut Conn) -> (u64, u64) {
    let mut counts = [0; 2];
    for (count, name) in counts.iter_mut().zip(["Com_stmt_prepare", "Questions"]) {
        let status = format!("SHOW GLOBAL STATUS LIKE '{name}'");
        let row: Option<(String, u64)> = administrator.query_first(status).await.unwrap();
        *count = row.unwrap().1;
    }
    (counts[0], counts[1])
}

#[test]
fn an_operation_is_one_statement_that_was_prepared_before() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let options = MysqlOptions {
            max_connections: 1,
            ..MysqlOptions::default()
        };
        let store: MysqlStore = options.open(&server.url()).await.unwrap();
        let mut administrator = administrator(&server).await;
        let mut before = (0, 0);
        for round in 0..10 {
            if round == 1 {
                before = sent(&mut administrator).await;
            }
            let first = creation("a");
            assert_eq!(store.put(&first).await.unwrap(), PutOutcome::Stored);
            let mut update = creation("a");
            update.expect = Expect::Version(first.version);
            assert_eq!(store.put(&update).await.unwrap(), PutOutcome::Stored);
            assert!(store.get(&first.key).await.unwrap().is_some());
            let version = Expect::Version(update.version);
            let removed = store.remove(&first.key, version).await;
            assert_eq!(removed.unwrap(), RemoveOutcome::Removed);
        }
        let after = sent(&mut administrator).await;
        assert_eq!(after.0, before.0, "each statement is prepared once");
        // Of the count itself: two, of which the last one counts the first one.
        assert_eq!(after.1 - before.1, 9 * 4 + 2);
    });
}
