//! Tables of another shape than ours are not used.

use grantor_store::{PutOutcome, Store};
use grantor_store_mysql::MysqlStore;
use grantor_testservers::MariaDb;

use crate::{administrator, block_on, creation, execute, runtime};

/// A table of somebody else, with what replaces the definition of its key, and its engine.
fn foreign(key: &str, engine: &str) -> String {
    format!(
        "CREATE TABLE grantor_records (
            {key},
            version VARBINARY(16) NOT NULL,
            expires_at BIGINT NULL,
            sweep_at BIGINT NULL,
            value MEDIUMBLOB NOT NULL
        ) ENGINE = {engine}"
    )
}

#[test]
fn a_table_of_somebody_else_is_refused_and_what_is_wrong_with_it_is_said() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let mut administrator = administrator(&server).await;
        let key = "record_key VARBINARY(64) NOT NULL PRIMARY KEY";
        for (table, problem) in [
            (
                foreign("record_key VARBINARY(64) NOT NULL", "InnoDB"),
                "primary key is not",
            ),
            (foreign(key, "MyISAM"), "engine is MyISAM"),
            (
                foreign("record_key VARCHAR(64) NOT NULL PRIMARY KEY", "InnoDB"),
                "record_key is not varbinary(64)",
            ),
            (
                foreign(
                    "record_key VARBINARY(64) NOT NULL, PRIMARY KEY (record_key (8))",
                    "InnoDB",
                ),
                "primary key is not",
            ),
            (
                foreign(&format!("{key}, UNIQUE (expires_at)"), "InnoDB"),
                "another unique index",
            ),
            (
                "CREATE TABLE grantor_records (a INT) ENGINE = InnoDB".to_owned(),
                "no column",
            ),
            (
                "CREATE VIEW grantor_records AS SELECT 1".to_owned(),
                "engine is none",
            ),
        ] {
            execute(&mut administrator, &[&table]).await;
            // It is refused each time.
            for _ in 0..2 {
                let error = MysqlStore::open(&server.url()).await.unwrap_err();
                assert!(error.is_configuration(), "{error}");
                let text = error.to_string();
                assert!(
                    text.contains("grantor_records") && text.contains(problem),
                    "{text}"
                );
            }
            let gone = match table.contains("VIEW") {
                true => "DROP VIEW grantor_records",
                false => "DROP TABLE grantor_records",
            };
            execute(&mut administrator, &[gone]).await;
        }
        // Once it is gone ours are made.
        let store = MysqlStore::open(&server.url()).await.unwrap();
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);
    });
}

#[test]
fn tables_that_were_changed_later_are_refused() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let mut administrator = administrator(&server).await;
        for (change, back, problem) in [
            (
                "ALTER TABLE grantor_counts ENGINE = MyISAM",
                "ALTER TABLE grantor_counts ENGINE = InnoDB",
                "grantor_counts",
            ),
            (
                "RENAME TABLE grantor_times TO grantor_times_away",
                "RENAME TABLE grantor_times_away TO grantor_times",
                "is missing",
            ),
        ] {
            MysqlStore::open(&server.url()).await.unwrap();
            execute(&mut administrator, &[change]).await;
            let error = MysqlStore::open(&server.url()).await.unwrap_err();
            assert!(error.is_configuration(), "{error}");
            assert!(error.to_string().contains(problem), "{error}");
            execute(&mut administrator, &[back]).await;
        }
        // An index or a column more does no harm.
        let more = "ALTER TABLE grantor_records ADD note TEXT NULL, ADD KEY (expires_at)";
        execute(&mut administrator, &[more]).await;
        MysqlStore::open(&server.url()).await.unwrap();
    });
}
