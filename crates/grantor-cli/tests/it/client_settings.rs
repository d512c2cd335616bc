//! Clients that are looked at and changed: `grantor client list`, `show`, `set` and secrets.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::grantor::{Home, eventually};

#[test]
fn looking_makes_nothing_and_takes_no_lock() {
    let home = Home::new();
    for list in [
        &["client", "list"][..],
        &["user", "list"],
        &["client", "show", "job"],
    ] {
        let mistyped = home.run(&[list, &["--data", "grantor-dta"]].concat());
        mistyped.fails(3, &["there is no data in grantor-dta", "--data"]);
    }
    assert!(!home.path("grantor-dta").exists());

    home.add_service("job", &[]);
    let database = home.path("grantor-data/grantor.db");
    let writer = rusqlite::Connection::open(&database).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let listed = home.json(&["client", "list"]);
    assert_eq!(listed[0]["client_id"], "job");
    let mut shown = home.json(&["client", "show", "job"]);
    let secrets = shown.as_object_mut().unwrap().remove("secrets").unwrap();
    assert_eq!(secrets, json!([{ "expires_at": null }]));
    assert_eq!(shown, listed[0]);
    writer.execute_batch("ROLLBACK").unwrap();
}

#[test]
fn a_database_that_others_read_is_refused_with_the_remedy() {
    let home = Home::new();
    home.add_service("job", &[]);
    let database = home.path("grantor-data/grantor.db");
    std::fs::set_permissions(&database, PermissionsExt::from_mode(0o644)).unwrap();
    for args in [
        &["client", "list"][..],
        &["serve", "--listen", "127.0.0.1:0"],
    ] {
        let refused = home.run(args);
        assert_ne!(refused.code, Some(0), "{args:?}");
        for part in ["grantor.db", "0644", "0600"] {
            assert!(refused.err.contains(part), "{args:?}: {refused:?}");
        }
    }
}

#[test]
fn every_setting_of_a_client_can_be_changed_and_the_rest_stays() {
    let home = Home::new();
    let secret = home.add_service("job", &["--scope", "read", "--name", "A Job"]);
    let server = home.serve(&[]);
    let token = server.ask_token("job", &secret).text("access_token");
    let before = home.json(&["client", "show", "job"]);
    for (options, member, value) in [
        (&["--name", "The Job"][..], "name", json!("The Job")),
        (&["--name", ""], "name", Value::Null),
        (&["--scope", "read write"], "scope", json!("read write")),
        (
            &[
                "--grant",
                "client_credentials,authorization_code",
                "--redirect-uri",
                "https://a.example/cb",
            ],
            "grants",
            json!(["client_credentials", "authorization_code"]),
        ),
        (
            &[
                "--redirect-uri",
                "https://a.example/1",
                "--redirect-uri",
                "https://a.example/2",
            ],
            "redirect_uris",
            json!(["https://a.example/1", "https://a.example/2"]),
        ),
        (
            &["--grant", "client_credentials"],
            "grants",
            json!(["client_credentials"]),
        ),
        (&["--redirect-uri", ""], "redirect_uris", json!([])),
        (
            &["--redirect-scheme", "vscode"],
            "redirect_schemes",
            json!(["vscode"]),
        ),
        (&["--redirect-scheme", ""], "redirect_schemes", json!([])),
        (
            &["--resource-server", "https://a.example"],
            "resource_server",
            json!("https://a.example"),
        ),
        (&["--resource-server", ""], "resource_server", Value::Null),
        (
            &["--allow-resource", "https://b.example"],
            "allowed_resources",
            json!(["https://b.example"]),
        ),
        (&["--allow-resource", ""], "allowed_resources", Value::Null),
        (
            &["--require-pushed-requests", "true"],
            "require_pushed_requests",
            json!(true),
        ),
        (
            &["--require-pushed-requests", "false"],
            "require_pushed_requests",
            json!(false),
        ),
        (
            &["--dpop-bound-access-tokens", "true"],
            "dpop_bound_access_tokens",
            json!(true),
        ),
        (
            &["--dpop-bound-access-tokens", "false"],
            "dpop_bound_access_tokens",
            json!(false),
        ),
        (
            &["--require-dpop-nonces", "true"],
            "require_dpop_nonces",
            json!(true),
        ),
        (
            &["--require-dpop-nonces", "false"],
            "require_dpop_nonces",
            json!(false),
        ),
        (
            &["--opaque-access-tokens", "true"],
            "opaque_access_tokens",
            json!(true),
        ),
        (
            &["--opaque-access-tokens", "false"],
            "opaque_access_tokens",
            json!(false),
        ),
        (&["--rotation", "always"], "rotation", json!("always")),
        (&["--rotation", ""], "rotation", Value::Null),
        (
            &["--default-scope", "write"],
            "default_scope",
            json!("write"),
        ),
        (&["--default-scope", ""], "default_scope", Value::Null),
        (&["--access-lifetime", "2m"], "access_lifetime", json!(120)),
        (
            &["--grant-lifetime", "90d"],
            "grant_lifetime",
            json!(7_776_000),
        ),
        (&["--grant-lifetime", ""], "grant_lifetime", Value::Null),
        (
            &["--refresh-lifetime", "12h"],
            "refresh_lifetime",
            json!(43_200),
        ),
        (
            &["--access-lifetime", "", "--refresh-lifetime", ""],
            "refresh_lifetime",
            Value::Null,
        ),
    ] {
        let changed = home.json(&[&["client", "set", "job"], options].concat());
        assert_eq!(changed[member], value, "{options:?}");
    }
    let mut after = home.json(&["client", "show", "job"]);
    assert_eq!(after["scope"], "read write");
    (after["scope"], after["name"]) = (before["scope"].clone(), before["name"].clone());
    assert_eq!(after, before);
    // Neither its secret nor its tokens are touched.
    assert!(server.is_active(&token, "job", &secret));

    let text = home.run(&["client", "show", "job"]).ok().out;
    for line in [
        "client:         job",
        "kind:           confidential",
        "default scope:  as the server",
        "redirect URIs:  none",
        "push requests:  as the server",
    ] {
        assert!(text.lines().any(|own| own == line), "{line}: {text}");
    }
    let wrong = [
        "client",
        "set",
        "job",
        "--scope",
        "a\"b",
        "--access-lifetime",
        "soon",
    ];
    home.run(&wrong)
        .fails(2, &["--scope", "--access-lifetime soon"]);
    home.run(&["client", "set", "job", "--access-lifetime", "31d"])
        .fails(2, &["--access-lifetime 31d", "at most 30d"]);
    home.run(&["client", "set", "job"]).fails(
        2,
        &["nothing to change was given", "grantor client set --help"],
    );
    home.run(&["client", "set", "nobody", "--name", "N"])
        .fails(1, &["there is no client nobody"]);
    home.run(&[
        "client",
        "set",
        "job",
        "--grant",
        "authorization_code",
        "--redirect-uri",
        "",
    ])
    .fails(1, &["needs a redirect URI"]);
}

#[test]
fn an_old_secret_stays_for_as_long_as_is_asked() {
    let home = Home::new();
    let server = home.serve(&[]);
    let old = home.add_service("job", &[]);
    let rotated = home.json(&["client", "rotate-secret", "job", "--keep-old", "24h"]);
    let new = rotated["client_secret"].as_str().unwrap();
    for secret in [new, &old] {
        eventually("both secrets", || {
            server.ask_token("job", secret).status == 200
        });
    }
    // Another change takes the oldest away only if it says so.
    let text = home
        .run(&["client", "rotate-secret", "job", "--keep-old", "30m"])
        .ok()
        .out;
    assert!(
        text.contains("the old secret stays valid for 1800 s"),
        "{text}"
    );
    assert_eq!(server.ask_token("job", &old).status, 200);
    home.run(&["client", "rotate-secret", "job"]).ok();
    eventually("the end of the old ones", || {
        server.ask_token("job", &old).status == 401 && server.ask_token("job", new).status == 401
    });
    home.run(&["client", "rotate-secret", "job", "--keep-old", "soon"])
        .fails(2, &["--keep-old", "24h"]);
}

#[test]
fn a_secret_that_raw_basic_breaks_is_warned_about() {
    let home = Home::new();
    let add = [
        "client",
        "add",
        "job",
        "--grant",
        "client_credentials",
        "--secret-stdin",
    ];
    for secret in ["sixteen+letters+and+more", "100%25 of sixteen letters"] {
        let added = home.command(&add).input(secret).run();
        assert_eq!(added.code, Some(0));
        for part in ["warning: ", "form-encoded", "curl", "letters, digits"] {
            assert!(added.err.contains(part), "{part}: {added:?}");
        }
        assert!(!added.err.contains(secret));
        home.run(&["client", "remove", "job"]).ok();
    }
    let added = home.command(&add).arg("--json").input("short").run();
    let warning: Value = serde_json::from_str(&added.err).unwrap();
    assert!(
        warning["warning"].as_str().unwrap().contains("guessed"),
        "{warning}"
    );
}

#[test]
fn secrets_are_shown_by_their_ends_and_never_themselves() {
    let home = Home::new();
    let first = home.add_service("job", &[]);
    let line = |home: &Home| {
        let text = home.run(&["client", "show", "job"]).ok().out;
        let line = text.lines().find(|line| line.starts_with("secrets:"));
        (line.unwrap().to_owned(), text.contains(&*first))
    };
    assert_eq!(
        line(&home),
        ("secrets:        1, until it is replaced".to_owned(), false)
    );
    home.run(&["client", "rotate-secret", "job", "--keep-old", "24h"])
        .ok();
    let (shown, leaked) = line(&home);
    assert!(
        shown.starts_with("secrets:        2, until it is replaced; until 20"),
        "{shown}"
    );
    assert!(
        shown.ends_with("in 24 hours") || shown.ends_with("in 23 hours"),
        "{shown}"
    );
    assert!(!leaked);
    let secrets = &home.json(&["client", "show", "job"])["secrets"];
    assert!(secrets[0]["expires_at"].is_null() && secrets[1]["expires_at"].is_string());

    home.run(&["client", "rotate-secret", "job"]).ok();
    assert_eq!(
        home.json(&["client", "show", "job"])["secrets"],
        json!([{ "expires_at": null }])
    );
    let public = [
        "--public",
        "--grant",
        "authorization_code",
        "--redirect-uri",
        "https://s.example/",
    ];
    home.run(&[&["client", "add", "spa"][..], &public].concat())
        .ok();
    assert!(
        home.run(&["client", "show", "spa"])
            .ok()
            .out
            .contains("secrets:        none")
    );
}

#[test]
fn a_client_that_is_added_with_keys_authenticates_by_them() {
    let home = Home::new();
    let keys = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let file = home.file("keys.json", keys);
    let add = ["client", "add", "job", "--grant", "client_credentials"];
    let added = home.json(&[&add[..], &["--jwks", &file]].concat());
    assert_eq!(added["client_secret"], Value::Null, "{added}");
    let shown = home.json(&["client", "show", "job"]);
    assert_eq!(shown["auth_method"], "private_key_jwt", "{shown}");
    let pem = home.file("key.pem", "-----BEGIN PUBLIC KEY-----");
    let refused = home.run(&[&add[..], &["--jwks", &pem]].concat());
    refused.fails(2, &["--jwks", r#"{"keys":[...]}"#]);
}
