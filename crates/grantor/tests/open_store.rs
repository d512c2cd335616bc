//! Stores by their URLs.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

use grantor::open_store;
use grantor::store::{Capabilities, Store};
use grantor_testservers::{MariaDb, Memcached, MongoDb, Postgres, Redis};

async fn name_of(url: &str) -> &'static str {
    let Capabilities { name, .. } = open_store(url).await.unwrap().capabilities();
    name
}

#[tokio::test]
async fn every_store_is_opened_by_its_url() {
    let (postgres, redis) = (Postgres::start().unwrap(), Redis::start().unwrap());
    let mariadb = MariaDb::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db").display().to_string();
    assert_eq!(name_of(&postgres.url()).await, "PostgreSQL");
    assert_eq!(name_of(&mariadb.url()).await, "MySQL");
    let other_scheme = mariadb.url().replace("mysql://", "mariadb://");
    assert_eq!(name_of(&other_scheme).await, "MySQL");
    assert_eq!(name_of(&redis.url()).await, "Redis");
    let (memcached, mongodb) = (Memcached::start().unwrap(), MongoDb::start().unwrap());
    assert_eq!(name_of(&memcached.url()).await, "memcached");
    assert_eq!(name_of(&mongodb.url()).await, "MongoDB");
    for prefix in ["sqlite:", "sqlite://"] {
        assert_eq!(
            name_of(&format!("{prefix}{path}")).await,
            "the SQLite store"
        );
    }
    assert_eq!(name_of("memory:").await, "the memory store");
}

#[tokio::test]
async fn parameters_of_sqlite_are_refused_and_make_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db").display().to_string();
    for url in [
        format!("sqlite:{path}?mode=ro"),
        format!("sqlite://{path}?"),
    ] {
        let error = open_store(&url).await.unwrap_err();
        assert!(error.is_configuration(), "{error}");
        assert!(error.to_string().contains("takes no parameters"), "{error}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_wrong_url_is_a_configuration_error_without_its_password() {
    for url in [
        "",
        "memory:x",
        "sqlite:",
        "mongodb://u:hunter2@h:x/",
        "mongodb+srv://u:hunter2@h/",
        "memcached://u:hunter2@h:x/",
        "redis+sentinel://u:hunter2@h/",
        "redis+cluster://u:hunter2@h/3",
        "mysql://u:hunter2@h/",
        "hunter2",
        "postgres://u:hunter2@h:x/",
        "redis://u:hunter2@h:x/",
    ] {
        let error = open_store(url).await.unwrap_err();
        assert!(error.is_configuration(), "{url}: {error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}
