//! `grantor store`: records move to another store, with everything that was issued.

use grantor_testservers::Postgres;
use rustix::process::Signal;
use serde_json::json;

use crate::grantor::{Home, Serving};
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
    let database = Postgres::start().unwrap();
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
