//! Opening: tables, rights, passwords, certificates.

use std::path::Path;

use futures_util::future::join_all;
use grantor_store::{Durability, Error, PutOutcome, Store};
use grantor_store_postgres::PostgresStore;
use grantor_testservers::Postgres;
use grantor_testservers::certificates::{AUTHORITY, CERTIFICATE, KEY};

use crate::{administrator, block_on, creation, runtime, value_of};

async fn refused(url: &str) -> Error {
    let error = PostgresStore::open(url).await.unwrap_err();
    assert!(!error.to_string().contains(Postgres::PASSWORD), "{error}");
    assert!(!format!("{error:?}").contains(Postgres::PASSWORD));
    error
}

#[test]
fn tables_are_made_once_by_many_and_those_of_a_newer_version_are_refused() {
    let server = Postgres::start().unwrap();
    block_on(&runtime(), async {
        let url = server.url();
        let opened = join_all((0..8).map(|_| PostgresStore::open(&url))).await;
        let stores: Result<Vec<_>, _> = opened.into_iter().collect();
        let stores = stores.unwrap();
        assert_eq!(
            stores[0].put(&creation("a")).await.unwrap(),
            PutOutcome::Stored
        );
        assert_eq!(value_of(&stores[7], "a").await.unwrap(), "a");
        // The harness turns the disk off unless it is asked for it.
        assert_eq!(stores[0].capabilities().durability, Durability::Process);
        let reopened = PostgresStore::open(&url).await.unwrap();
        assert_eq!(value_of(&reopened, "a").await.unwrap(), "a");

        let administrator = administrator(&url).await;
        let versions = administrator.query("SELECT version FROM grantor_schema", &[]);
        assert_eq!(versions.await.unwrap().len(), 1);
        let newer = "INSERT INTO grantor_schema VALUES (1000)";
        administrator.batch_execute(newer).await.unwrap();
        assert!(refused(&url).await.is_newer());
    });
}

#[test]
fn a_wrong_password_and_a_missing_right_say_what_to_do() {
    let server = Postgres::start().unwrap();
    block_on(&runtime(), async {
        let url = server.url();
        let wrong = url.replace(Postgres::PASSWORD, "battery-staple");
        let error = refused(&wrong).await;
        assert!(error.is_configuration(), "{error}");
        assert!(error.to_string().contains("password"), "{error}");
        assert!(!error.to_string().contains("battery-staple"), "{error}");

        let missing = url.replace(&format!(":{}", Postgres::PASSWORD), "");
        let error = refused(&missing).await;
        assert!(error.is_configuration(), "{error}");
        assert!(error.to_string().contains("in the URL"), "{error}");

        let error = refused(&format!("{url}_of_others")).await;
        assert!(error.is_configuration(), "{error}");
        assert!(error.to_string().contains("postgres_of_others"), "{error}");

        let administrator = administrator(&url).await;
        let user = "CREATE USER reader PASSWORD 'correct-horse'";
        administrator.batch_execute(user).await.unwrap();
        let error = refused(&url.replace("postgres:correct", "reader:correct")).await;
        assert!(error.is_configuration(), "{error}");
        assert!(error.to_string().contains("CREATE"), "{error}");
    });
}

#[test]
fn a_certificate_is_checked_and_an_unencrypted_connection_is_not_made_instead() {
    let server = Postgres::start_with_tls(CERTIFICATE, KEY).unwrap();
    let without = Postgres::start().unwrap();
    block_on(&runtime(), async {
        let trusted = format!("?sslmode=verify-full&sslrootcert={AUTHORITY}");
        let url = server.url() + &trusted;
        let store = PostgresStore::open(&url).await.unwrap();
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);
        let administrator = administrator(&server.url()).await;
        let encrypted = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
             WHERE application_name = 'grantor'";
        let connections = administrator.query(encrypted, &[]).await.unwrap();
        assert!(!connections.is_empty());
        assert!(connections.iter().all(|row| row.get::<_, bool>(0)));

        let error = refused(&(server.url() + "?sslmode=verify-full")).await;
        assert!(error.to_string().contains("sslrootcert"), "{error}");
        let own = Path::new(AUTHORITY).with_file_name("server.pem");
        let own = format!("?sslmode=verify-full&sslrootcert={}", own.display());
        let error = refused(&(server.url() + &own)).await;
        assert!(error.to_string().contains("sslrootcert"), "{error}");
        let error = refused(&(without.url() + &trusted)).await;
        assert!(error.to_string().contains("sslmode=disable"), "{error}");
    });
}
