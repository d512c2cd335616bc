//! Opening: tables, rights, passwords, certificates, sockets.

use futures_util::future::join_all;
use grantor_store::{Durability, Error, PutOutcome, Store};
use grantor_store_mysql::MysqlStore;
use grantor_testservers::MariaDb;
use grantor_testservers::certificates::{AUTHORITY, CERTIFICATE, KEY};
use mysql_async::prelude::Queryable;

use crate::{administrator, block_on, creation, execute, runtime, value_of};

async fn refused(url: &str) -> Error {
    let error = MysqlStore::open(url).await.unwrap_err();
    assert!(!error.to_string().contains(MariaDb::PASSWORD), "{error}");
    assert!(!format!("{error:?}").contains(MariaDb::PASSWORD));
    error
}

#[test]
fn tables_are_made_once_by_many_and_those_of_a_newer_version_are_refused() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let url = server.url();
        let opened = join_all((0..8).map(|_| MysqlStore::open(&url))).await;
        let stores: Result<Vec<_>, _> = opened.into_iter().collect();
        let stores = stores.unwrap();
        assert_eq!(
            stores[0].put(&creation("a")).await.unwrap(),
            PutOutcome::Stored
        );
        assert_eq!(value_of(&stores[7], "a").await.unwrap(), "a");
        // The harness turns the disk off unless it is asked for it.
        assert_eq!(stores[0].capabilities().durability, Durability::Process);
        assert!(!stores[0].capabilities().loses_on_failover);
        let reopened = MysqlStore::open(&url).await.unwrap();
        assert_eq!(value_of(&reopened, "a").await.unwrap(), "a");

        let mut administrator = administrator(&server).await;
        let versions = "SELECT version FROM grantor_schema";
        let versions = administrator.query::<u32, _>(versions).await.unwrap();
        assert_eq!(versions, [1]);
        // A step that was cut off runs again.
        let half = ["DROP TABLE grantor_times", "DELETE FROM grantor_schema"];
        execute(&mut administrator, &half).await;
        let mended = MysqlStore::open(&url).await.unwrap();
        assert_eq!(value_of(&mended, "a").await.unwrap(), "a");

        execute(
            &mut administrator,
            &["INSERT INTO grantor_schema VALUES (1000)"],
        )
        .await;
        assert!(refused(&url).await.is_newer());
    });
}

#[test]
fn a_binary_log_that_the_disk_does_not_have_yet_is_not_durable() {
    let settings = [
        "--innodb-flush-log-at-trx-commit=1",
        "--log-bin=log",
        "--server-id=1",
    ];
    let server = MariaDb::start_with(&settings).unwrap();
    block_on(&runtime(), async {
        let durability = async || {
            let store = MysqlStore::open(&server.url()).await.unwrap();
            store.capabilities().durability
        };
        assert_eq!(durability().await, Durability::Process);
        let mut administrator = administrator(&server).await;
        execute(&mut administrator, &["SET GLOBAL sync_binlog = 1"]).await;
        assert_eq!(durability().await, Durability::Disk);
    });
}

#[test]
fn a_wrong_password_and_a_missing_right_say_what_to_do() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let url = server.url();
        let wrong = url.replace(MariaDb::PASSWORD, "battery-staple");
        let error = refused(&wrong).await;
        assert!(error.is_configuration(), "{error}");
        assert!(error.to_string().contains("Access denied"), "{error}");
        assert!(!error.to_string().contains("battery-staple"), "{error}");

        let error = refused(&format!("{url}_of_others")).await;
        assert!(error.is_configuration(), "{error}");
        assert!(error.to_string().contains("grantor_of_others"), "{error}");

        let mut administrator = administrator(&server).await;
        let user = [
            "CREATE USER reader IDENTIFIED BY 'correct-horse'",
            "GRANT SELECT ON grantor.* TO reader",
        ];
        execute(&mut administrator, &user).await;
        let error = refused(&url.replace("grantor:correct", "reader:correct")).await;
        assert!(error.is_configuration(), "{error}");
        assert!(error.to_string().contains("CREATE"), "{error}");
    });
}

#[test]
fn a_unix_socket_is_a_place_too() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let (password, path) = (MariaDb::PASSWORD, server.socket());
        let url = format!(
            "mysql://grantor:{password}@/grantor?socket={}",
            path.display()
        );
        let store = MysqlStore::open(&url).await.unwrap();
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);
    });
}

#[test]
fn a_certificate_is_checked_and_an_unencrypted_connection_is_not_made_instead() {
    let server = MariaDb::start_with_tls(CERTIFICATE, KEY).unwrap();
    let without = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let trusted = format!("?ssl-mode=VERIFY_IDENTITY&ssl-ca={AUTHORITY}");
        let mut administrator = administrator(&server).await;
        let only_by_tls = "ALTER USER grantor REQUIRE SSL";
        execute(&mut administrator, &[only_by_tls]).await;
        let store = MysqlStore::open(&(server.url() + &trusted)).await.unwrap();
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);

        let error = refused(&server.url()).await;
        assert!(error.to_string().contains("Access denied"), "{error}");
        let error = refused(&(server.url() + "?ssl-mode=VERIFY_IDENTITY")).await;
        let error = error.to_string();
        assert!(
            error.contains("certificate") || error.contains("authorities"),
            "{error}"
        );
        let error = refused(&(without.url() + &trusted)).await;
        assert!(error.is_configuration(), "{error}");
        assert!(error.to_string().contains("ssl-mode=DISABLED"), "{error}");
    });
}
