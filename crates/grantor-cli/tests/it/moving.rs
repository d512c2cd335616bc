//! `grantor store`: records move to another store, with everything that was issued.

use std::process::Stdio;
use std::sync::Arc;

use grantor_core::Timestamp;
use grantor_store::{MasterKey, SealedStore, transfer};
use grantor_store_sqlite::SqliteStore;
use grantor_testservers::{Memcached, Postgres};
use rustix::process::Signal;
use serde_json::json;

use crate::grantor::{Home, Serving, eventually};
use crate::web::{REDIRECT_URI, Visitor, redeem, refresh};

/// The same at every start, though the port is another: tokens are of one issuer.
const ISSUER: [&str; 2] = ["--issuer", "http://127.0.0.1:8787"];
const PASSWORD: &str = "a long walk on the beach";
const DATABASE: &str = "sqlite:grantor-data/grantor.db";

fn add_app(home: &Home) {
    let app = [
        "client",
        "add",
        "app",
        "--public",
        "--redirect-uri",
        REDIRECT_URI,
    ];
    let grants = ["--grant", "authorization_code,refresh_token"];
    home.run(&[&app[..], &grants].concat()).ok();
}

#[test]
fn a_refresh_token_of_sqlite_works_on_postgresql() {
    // The tests' servers write to no disk otherwise, which the copy warns of.
    let database = Postgres::start_with(&["fsync=on"]).unwrap();
    let home = Home::new();
    add_app(&home);
    home.add_user("ann", PASSWORD);
    let token = {
        let server = home.serve(&ISSUER);
        let code = Visitor::new(&server).sign_in("app", "ann", PASSWORD);
        let token = redeem(&server, "app", &code).text("refresh_token");
        stop(server);
        token
    };
    let moving = |verb: &str| {
        let arguments = ["store", verb, DATABASE, "env:NEW_STORE"];
        home.command(&arguments).env("NEW_STORE", &database.url())
    };
    let missing = moving("verify").arg("--json").run();
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert_eq!(missing.json()["missing"]["clients"], 1, "{missing:?}");

    let copied = moving("copy").arg("--json").run().ok().json();
    assert_eq!(copied["copied"]["grants"], 1, "{copied}");
    assert_eq!(copied["already_there"], 0, "{copied}");
    let again = moving("copy").arg("--json").run().ok().json();
    assert_eq!(again["copied"], json!({}), "{again}");
    let equal = moving("verify").run().ok().out;
    assert!(
        equal.contains("different: 0\nmissing: 0\nextra: 0"),
        "{equal}"
    );

    let serve = home.serve_command(&ISSUER);
    let server = serve.env("GRANTOR_STORE_URL", &database.url()).serve();
    let refreshed = refresh(&server, "app", &token);
    assert_eq!(refreshed.status, 200, "{refreshed:?}");
}

#[test]
fn a_copy_that_can_not_begin_makes_no_database() {
    let memcached = Memcached::start().unwrap();
    let home = Home::new();
    let copy = home.run(&["store", "copy", &memcached.url(), "sqlite:new.db"]);
    copy.fails(2, &["FROM: memcached can't list its records"]);
    assert!(!home.path("new.db").exists());
}

/// How many records a database has; none, if it is not there yet.
fn count_records(home: &Home, file: &str) -> u32 {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let count = || {
        let database = rusqlite::Connection::open_with_flags(home.path(file), flags)?;
        database.query_row("SELECT count(*) FROM records", [], |row| row.get(0))
    };
    count().unwrap_or(0)
}

/// Adds grants under keys as a server makes them.
fn add_grants(home: &Home, grants: u32) {
    let mut database = rusqlite::Connection::open(home.path("grantor-data/grantor.db")).unwrap();
    let namespace: Vec<u8> = database
        .query_row("SELECT substr(key, 1, 8) FROM records", [], |row| {
            row.get(0)
        })
        .unwrap();
    let all = database.transaction().unwrap();
    let insert = "INSERT INTO records (key, version, value) VALUES (?1, ?2, ?3)";
    for grant in 0..u128::from(grants) {
        let key = [&namespace, &b"gr"[..], &grant.to_be_bytes()].concat();
        let written = all.execute(insert, (key, grant.to_be_bytes(), vec![1; 300]));
        assert_eq!(written.unwrap(), 1);
    }
    all.commit().unwrap();
}

#[test]
fn a_copy_that_was_killed_in_the_middle_goes_on() {
    let home = Home::new();
    add_app(&home);
    add_grants(&home, 30_000);
    let all = count_records(&home, "grantor-data/grantor.db");
    let copy = ["store", "copy", DATABASE, "sqlite:new.db"];
    let mut killed = home.command(&copy).stdout(Stdio::null()).start();
    eventually("a part is there", || count_records(&home, "new.db") >= 200);
    killed.kill().unwrap();
    assert!(!killed.wait().unwrap().success());
    let there = count_records(&home, "new.db");
    assert!(there < all, "{there} of {all}: it was at its end");
    for command in ["serve", "client list"] {
        let words: Vec<_> = command
            .split(' ')
            .chain(["--store-url", "sqlite:new.db"])
            .collect();
        home.run(&words)
            .fails(3, &["has not ended", "grantor store copy"]);
    }

    let rest = home.command(&copy).arg("--json").run().ok().json();
    let copied = &rest["copied"];
    let counts = copied.as_object().unwrap().values();
    let copied: u64 = counts.map(|count| count.as_u64().unwrap()).sum();
    // The mark of the master key is the last one.
    assert_eq!(rest["already_there"], there - 1, "{rest}");
    assert_eq!(copied + u64::from(there - 1), u64::from(all), "{rest}");
    let open = home.run(&["client", "list", "--store-url", "sqlite:new.db"]);
    open.ok();
    let verify = home
        .run(&["store", "verify", DATABASE, "sqlite:new.db"])
        .ok();
    assert!(verify.out.contains(&format!("equal: {all}")), "{verify:?}");
}

#[test]
fn what_was_removed_since_a_copy_does_not_come_back() {
    let home = Home::new();
    add_app(&home);
    let copy = || home.run(&["store", "copy", DATABASE, "sqlite:new.db"]);
    copy().ok();
    copy().ok();
    home.run(&["client", "remove", "app"]).ok();
    copy().fails(3, &["that the source has not (1 clients", "copy again"]);
}

#[test]
fn a_kind_whose_records_stay_behind_is_refused_until_they_are_copied() {
    let home = Home::new();
    add_app(&home);
    let mix = "[store]\ndefault = \"sqlite\"\nclients = \"sqlite:clients.db\"\n\
               consents = \"sqlite:clients.db\"";
    let file = home.file("c.toml", mix);
    for command in ["serve", "client list"] {
        let words: Vec<_> = command.split(' ').chain(["--config", &file]).collect();
        let refused = home.run(&words);
        refused.fails(
            3,
            &["clients: the store of their own", "grantor store copy"],
        );
        assert!(!refused.err.contains("consents"), "{refused:?}");
    }
    home.run(&["store", "copy", DATABASE, "sqlite:clients.db"])
        .ok();
    let listed = home.run(&["client", "list", "--config", &file]).ok();
    assert!(listed.out.starts_with("app "), "{listed:?}");
}

#[test]
fn a_store_whose_values_are_all_sealed_is_refused() {
    let home = Home::new();
    add_app(&home);
    drop(home.serve(&ISSUER));
    let key: [u8; 32] = std::fs::read(home.path("grantor-data/master.key"))
        .unwrap()
        .try_into()
        .unwrap();
    let sealing_key = MasterKey::from_bytes(key).sealing_key();
    let open = |path: &str| Arc::new(SqliteStore::open(home.path(path)).unwrap());
    let sealed = SealedStore::new(open("sealed.db"), sealing_key);
    let from = open("grantor-data/grantor.db");
    let copy = transfer::copy(&*from, &sealed, Timestamp::from_secs(1), |_| {});
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(copy)
        .unwrap();
    drop((from, sealed));
    for command in [
        "serve",
        "client list",
        "client add other --grant client_credentials",
        "store reseal",
    ] {
        let words: Vec<_> = command
            .split(' ')
            .chain(["--store-url", "sqlite:sealed.db"])
            .collect();
        home.run(&words).fails(3, &["`SealedStore`"]);
    }
}

#[test]
fn only_stores_that_are_there_are_read_and_no_password_is_an_argument() {
    let home = Home::new();
    let missing = home.run(&["store", "copy", DATABASE, "sqlite:new.db"]);
    missing.fails(2, &["there is no database grantor-data/grantor.db"]);
    assert!(!home.path("new.db").exists());
    let password = home.run(&["store", "verify", "postgres://ann:hunter2@h/", DATABASE]);
    password.fails(2, &["FROM", "env:NAME"]);
    assert!(!password.err.contains("hunter2"));
    let unset = home.run(&["store", "copy", "env:OLD", DATABASE]);
    unset.fails(2, &["the variable OLD is not set"]);
    add_app(&home);
    let memory = home.run(&["store", "copy", DATABASE, "memory:"]);
    memory.fails(2, &["gone with the command"]);
    let same = home.run(&["store", "copy", DATABASE, DATABASE]);
    same.fails(2, &["the same store"]);
    let path = home.run(&["store", "copy", "grantor-data/grantor.db", "sqlite:new.db"]);
    path.fails(
        2,
        &["FROM: a store is named by its URL: sqlite:grantor-data/grantor.db is"],
    );
    assert!(!home.path("new.db").exists());
}

#[test]
fn expired_records_are_counted_and_removed() {
    let home = Home::new();
    add_app(&home);
    let counted = home.run(&["store", "gc", "--dry-run"]).ok().out;
    assert_eq!(counted, "0 records have expired\n");
    let database = rusqlite::Connection::open(home.path("grantor-data/grantor.db")).unwrap();
    let expire =
        "UPDATE records SET expires_at = 1000 WHERE substr(key, 9, 2) = CAST('cl' AS BLOB)";
    assert_eq!(database.execute(expire, []).unwrap(), 1);
    drop(database);
    let counted = home.json(&["store", "gc", "--dry-run"]);
    assert_eq!(counted.to_string(), r#"{"clients":1}"#);
    assert_eq!(home.run(&["store", "gc"]).ok().out, "1 records removed\n");
    let counted = home.run(&["store", "gc", "--dry-run"]).ok().out;
    assert_eq!(counted, "0 records have expired\n");
}

/// A record would seem to be dead by a clock that is a year ahead.
#[test]
fn a_clock_that_may_be_wrong_removes_nothing() {
    let home = Home::new();
    add_app(&home);
    let database = rusqlite::Connection::open(home.path("grantor-data/grantor.db")).unwrap();
    let change = |statement: &str| assert_eq!(database.execute(statement, []).unwrap(), 1);
    change("UPDATE records SET expires_at = 1000 WHERE substr(key, 9, 2) = CAST('cl' AS BLOB)");
    change(
        "INSERT INTO times (name, millis) VALUES ('newest', 1000) \
         ON CONFLICT (name) DO UPDATE SET millis = excluded.millis",
    );
    drop(database);
    let refused = home.run(&["store", "gc"]);
    refused.fails(
        1,
        &[
            "check the machine's clock",
            "--trust-clock",
            "nothing was removed",
        ],
    );
    let trusted = home.run(&["store", "gc", "--trust-clock"]).ok();
    assert_eq!(trusted.out, "1 records removed\n");
}

#[test]
fn a_copy_of_a_database_that_a_server_writes_to_warns() {
    let home = Home::new();
    add_app(&home);
    let copy = |to: &str| home.run(&["store", "copy", DATABASE, to]);
    let server = home.serve(&ISSUER);
    home.add_user("ann", PASSWORD);
    let during = copy("sqlite:during.db");
    assert_eq!(during.code, Some(0), "{during:?}");
    assert!(during.err.contains("may be writing"), "{during:?}");
    stop(server);
    copy("sqlite:after.db").ok();
}

/// Stops a server so that it closes its database.
fn stop(mut server: Serving) {
    server.signal(Signal::TERM);
    assert!(server.ended().success());
}
