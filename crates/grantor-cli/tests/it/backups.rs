//! `grantor backup` and `grantor restore`.

use std::fs;

use crate::grantor::Home;
use crate::web::{REDIRECT_URI, Visitor, redeem, refresh};

/// The same at every start, though the port is another: tokens are of one issuer.
const ISSUER: [&str; 2] = ["--issuer", "http://127.0.0.1:8787"];
const PASSWORD: &str = "a long walk on the beach";

/// A home with a client, a user and a grant. The refresh token of it.
fn in_use() -> (Home, String) {
    let home = Home::new();
    let app = [
        "client",
        "add",
        "app",
        "--public",
        "--grant",
        "authorization_code,refresh_token",
    ];
    home.run(
        &[
            &app[..],
            &["--scope", "read", "--redirect-uri", REDIRECT_URI],
        ]
        .concat(),
    )
    .ok();
    home.add_user("ann", PASSWORD);
    let server = home.serve(&ISSUER);
    let code = Visitor::new(&server).sign_in("app", "ann", PASSWORD);
    let refresh_token = redeem(&server, "app", &code).text("refresh_token");
    // While it serves.
    let backup = home.json(&["backup", "copy.db"]);
    assert!(backup["made_at"].is_string(), "{backup}");
    assert_eq!(backup["records"]["clients"], 1, "{backup}");
    assert_eq!(backup["records"]["accounts"], 1, "{backup}");
    (home, refresh_token)
}

fn move_away(home: &Home) {
    for name in ["grantor.db", "grantor.db-wal", "grantor.db-shm"] {
        let path = home.path("grantor-data").join(name);
        let _ = fs::remove_file(path);
    }
}

#[test]
fn a_backup_restores_clients_and_users_without_grants() {
    let (home, refresh_token) = in_use();
    move_away(&home);
    let restored = home.run(&["restore", "copy.db"]).ok().out;
    for part in [
        "users sign in again",
        "removed or changed",
        "client secrets",
    ] {
        assert!(restored.contains(part), "{part}: {restored}");
    }
    assert!(!restored.contains("grants that were revoked"), "{restored}");
    let server = home.serve(&ISSUER);
    let refused = refresh(&server, "app", &refresh_token);
    assert_eq!(
        (refused.status, &*refused.text("error")),
        (400, "invalid_grant")
    );
    let code = Visitor::new(&server).sign_in("app", "ann", PASSWORD);
    assert_eq!(redeem(&server, "app", &code).status, 200);
}

#[test]
fn kept_grants_live_on_and_the_command_says_what_may_be_undone() {
    let (home, refresh_token) = in_use();
    move_away(&home);
    let restored = home.run(&["restore", "copy.db", "--keep-grants"]).ok().out;
    for part in [
        "as it was at 2",
        "revoked",
        "removed or changed",
        "client secrets",
    ] {
        assert!(restored.contains(part), "{part}: {restored}");
    }
    let server = home.serve(&ISSUER);
    assert_eq!(refresh(&server, "app", &refresh_token).status, 200);
}

#[test]
fn a_removed_user_is_back_and_the_command_warns_of_it() {
    let (home, _) = in_use();
    home.run(&["user", "remove", "ann"]).ok();
    move_away(&home);
    let restored = home.run(&["restore", "copy.db"]).ok().out;
    assert!(restored.contains("they are back"), "{restored}");
    let server = home.serve(&ISSUER);
    let code = Visitor::new(&server).sign_in("app", "ann", PASSWORD);
    assert_eq!(redeem(&server, "app", &code).status, 200);
}

#[test]
fn a_backup_without_grants_may_go_to_another_issuer() {
    let (home, _) = in_use();
    let other = ["--issuer", "http://127.0.0.1:8788"];
    let start = ["serve", "--listen", "127.0.0.1:0", other[0], other[1]];
    let refused = home.run(&start);
    refused.fails(3, &["belong to the issuer http://127.0.0.1:8787", other[1]]);
    move_away(&home);
    home.run(&["restore", "copy.db"]).ok();
    let server = home.serve(&other);
    assert_eq!(server.issuer, other[1]);
}

#[test]
fn nothing_is_overwritten_and_the_key_must_be_the_right_one() {
    let (home, _) = in_use();
    home.run(&["backup", "copy.db"]).fails(3, &["copy.db"]);
    let copy = fs::read(home.path("copy.db")).unwrap();
    home.run(&["restore", "copy.db"])
        .fails(3, &["grantor.db is there already", "stop the server"]);

    move_away(&home);
    fs::rename(
        home.path("grantor-data/master.key"),
        home.path("master.key"),
    )
    .unwrap();
    home.run(&["restore", "copy.db"])
        .fails(3, &["master.key is missing"]);
    home.add_service("job", &["--data", "other"]);
    fs::copy(
        home.path("other/master.key"),
        home.path("grantor-data/master.key"),
    )
    .unwrap();
    home.run(&["restore", "copy.db"])
        .fails(3, &["another master key"]);
    assert!(!home.path("grantor-data/grantor.db").exists());

    home.run(&["restore", "nothing.db"])
        .fails(2, &["there is no backup nothing.db"]);
    home.file("text.db", "no database");
    fs::rename(
        home.path("master.key"),
        home.path("grantor-data/master.key"),
    )
    .unwrap();
    home.run(&["restore", "text.db"]).fails(3, &["text.db"]);
    home.run(&["restore", "copy.db"]).ok();
    assert_eq!(fs::read(home.path("copy.db")).unwrap(), copy);
    home.run(&["backup", "none.db", "--data", "nowhere"])
        .fails(3, &["there is no data in nowhere"]);
    assert!(!home.path("nowhere").exists() && !home.path("none.db").exists());
}

#[test]
fn a_backup_is_restored_by_the_configuration_of_its_server() {
    let home = Home::new();
    home.file("grantor.toml", "[store]\nnamespace = \"blue\"");
    let configured = ["--config", "grantor.toml"];
    home.add_service("job", &configured);
    home.run(&["backup", "copy.db", "--config", "grantor.toml"])
        .ok();
    move_away(&home);
    home.run(&["restore", "copy.db"])
        .fails(3, &["no records of the namespace \"grantor\"", "--config"]);
    home.run(&["restore", "copy.db", "--config", "grantor.toml"])
        .ok();
    let clients = home.json(&["client", "list", "--config", "grantor.toml"]);
    assert_eq!(clients[0]["client_id"], "job");
}

#[test]
fn a_backup_is_restored_under_the_key_of_the_environment() {
    let home = Home::new();
    fs::create_dir(home.path("grantor-data")).unwrap();
    let run = |args: &[&str], key: &str| {
        let command = home.command(args);
        command.env("GRANTOR_MASTER_KEY", key).run()
    };
    let (own, other) = ("A".repeat(43), "B".repeat(42) + "A");
    let add = ["client", "add", "job", "--grant", "client_credentials"];
    run(&add, &own).ok();
    run(&["backup", "copy.db"], &own).ok();
    move_away(&home);
    run(&["restore", "copy.db"], &other).fails(3, &["another master key"]);
    run(&["restore", "copy.db"], &own).ok();
    run(&["client", "show", "job"], &own).ok();
}
