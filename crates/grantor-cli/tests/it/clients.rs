//! `grantor client`.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::grantor::{Home, eventually};

#[test]
fn the_first_command_makes_a_private_folder() {
    let home = Home::new();
    home.add_service("job", &[]);
    let mode = |name: &str| {
        let metadata = std::fs::metadata(home.path(name)).unwrap();
        metadata.permissions().mode() & 0o7777
    };
    assert_eq!(mode("grantor-data"), 0o700);
    assert_eq!(mode("grantor-data/grantor.db"), 0o600);
    assert_eq!(mode("grantor-data/master.key"), 0o600);
}

#[test]
fn a_client_is_added_listed_and_removed() {
    let home = Home::new();
    home.add_user("ann", "a long walk on the beach");
    let empty = home.run(&["client", "list"]).ok();
    assert!(empty.out.starts_with("no clients yet: "), "{empty:?}");
    assert_eq!(home.json(&["client", "list"]), json!([]));

    let added = home.run(&[
        "client",
        "add",
        "job",
        "--grant",
        "client_credentials",
        "--scope",
        "a b",
    ]);
    let added = added.ok().out;
    let (said, secret) = added.split_once("\nsecret, shown this once: ").unwrap();
    assert_eq!(said, "client job added");
    assert!(secret.trim().len() >= 32, "{secret}");

    let web = [
        "client",
        "add",
        "web",
        "--public",
        "--name",
        "The Web",
        "--redirect-uri",
        "https://web.example/back",
        "--grant",
        "authorization_code,refresh_token",
        "--scope",
        "a",
    ];
    assert_eq!(home.json(&web), json!({ "client_id": "web" }));
    let api = ["client", "add", "api", "--resource", "https://api.example"];
    assert!(home.json(&api)["client_secret"].is_string());

    let listed = home.run(&["client", "list"]).ok().out;
    assert_eq!(
        listed,
        "api  resource server https://api.example\n\
         job  confidential  client_credentials  a b\n\
         web  public  authorization_code,refresh_token  a  https://web.example/back\n"
    );
    let listed = home.json(&["client", "list"]);
    assert_eq!(
        listed[2],
        json!({
            "client_id": "web",
            "name": "The Web",
            "public": true,
            "grants": ["authorization_code", "refresh_token"],
            "scope": "a",
            "redirect_uris": ["https://web.example/back"],
            "resource": null,
            "allowed_resources": null,
            "rotation": null,
            "access_lifetime": null,
            "refresh_lifetime": null,
        })
    );
    assert!(!listed.to_string().contains(secret.trim()));

    let removed = home.run(&["client", "remove", "web"]).ok();
    assert_eq!(
        removed.out,
        "client web removed, and all its tokens with it\n"
    );
    let removed = home.json(&["client", "remove", "api"]);
    assert_eq!(removed, json!({ "client_id": "api", "removed": true }));
    assert_eq!(home.json(&["client", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn options_stand_before_the_subcommand_or_behind_it() {
    let home = Home::new();
    home.add_service("job", &["--data", "elsewhere"]);
    for args in [
        ["--json", "--data", "elsewhere", "client", "list"],
        ["client", "--json", "--data", "elsewhere", "list"],
        ["client", "list", "--json", "--data", "elsewhere"],
    ] {
        let listed = home.run(&args).ok().json();
        assert_eq!(listed[0]["client_id"], "job", "{args:?}");
    }
    assert!(!home.path("grantor-data").exists());
}

#[test]
fn a_chosen_secret_is_read_from_standard_input_and_not_printed() {
    let home = Home::new();
    let chosen = "chosen by somebody, 32 letters long";
    let add = [
        "client",
        "add",
        "job",
        "--grant",
        "client_credentials",
        "--secret-stdin",
    ];
    for input in [
        format!("{chosen}\n"),
        format!("{chosen}\r\n"),
        chosen.to_owned(),
    ] {
        let added = home.command(&add).input(input).run().ok();
        assert_eq!(added.out, "client job added\n");
        let server = home.serve(&[]);
        assert_eq!(server.ask_token("job", chosen).status, 200);
        home.run(&["client", "remove", "job"]).ok();
    }
    let added = home.command(&add).input("short\n").run();
    assert_eq!((added.code, added.out.contains("short")), (Some(0), false));
    assert!(
        added.err.contains("short enough to be guessed"),
        "{added:?}"
    );
}

#[test]
fn clients_come_and_go_while_the_server_runs() {
    let home = Home::new();
    let server = home.serve(&[]);
    let secret = home.add_service("job", &["--scope", "read"]);
    let token = server.ask_token("job", &secret);
    assert_eq!(
        token.status, 200,
        "a new client is there at once: {token:?}"
    );
    let token = token.text("access_token");

    let api = home.json(&["client", "add", "api", "--resource", "https://api.example"]);
    let api = api["client_secret"].as_str().unwrap().to_owned();
    let for_api = server.post(
        "/token",
        &[
            ("grant_type", "client_credentials"),
            ("client_id", "job"),
            ("client_secret", &secret),
            ("resource", "https://api.example"),
        ],
    );
    let for_api = for_api.text("access_token");
    assert!(server.is_active(&for_api, "api", &api));
    assert!(server.is_active(&token, "job", &secret));

    home.run(&["client", "remove", "job"]).ok();
    eventually("the client's end", || {
        let refused = server.ask_token("job", &secret);
        refused.status == 401 && refused.text("error") == "invalid_client"
    });
    eventually("its tokens' end", || {
        !server.is_active(&for_api, "api", &api)
    });

    // A client of the same name is another one: nothing comes back to life.
    let again = home.add_service("job", &["--scope", "read"]);
    eventually("the new client", || {
        server.ask_token("job", &again).status == 200
    });
    assert!(!server.is_active(&for_api, "api", &api));
    assert!(!server.is_active(&token, "job", &again));
}

#[test]
fn a_rotated_secret_is_good_at_once_and_the_old_one_no_more() {
    let home = Home::new();
    let server = home.serve(&[]);
    let old = home.add_service("job", &[]);
    assert_eq!(server.ask_token("job", &old).status, 200);

    let rotated = home.json(&["client", "rotate-secret", "job"]);
    let new = rotated["client_secret"].as_str().unwrap();
    assert_ne!(new, old);
    eventually("the new secret", || {
        server.ask_token("job", new).status == 200
    });
    assert_eq!(server.ask_token("job", &old).status, 401);

    let text = home.run(&["client", "rotate-secret", "job"]).ok().out;
    assert!(
        text.starts_with(
            "client job changed, the old secret is refused from now on\nsecret, shown this once: "
        ),
        "{text}"
    );

    let chosen = "chosen by somebody, 32 letters long";
    let rotate = home.command(&["client", "rotate-secret", "job", "--secret-stdin", "--json"]);
    let rotated: Value = rotate.input(chosen).run().ok().json();
    assert_eq!(rotated, json!({ "client_id": "job" }));
    eventually("the chosen secret", || {
        server.ask_token("job", chosen).status == 200
    });
    assert_eq!(server.ask_token("job", new).status, 401);
}

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
    let shown = home.json(&["client", "show", "job"]);
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
            &["--resource", "https://a.example"],
            "resource",
            json!("https://a.example"),
        ),
        (&["--resource", ""], "resource", Value::Null),
        (
            &["--allow-resource", "https://b.example"],
            "allowed_resources",
            json!(["https://b.example"]),
        ),
        (&["--allow-resource", ""], "allowed_resources", Value::Null),
        (&["--rotation", "always"], "rotation", json!("always")),
        (&["--rotation", ""], "rotation", Value::Null),
        (&["--access-lifetime", "2m"], "access_lifetime", json!(120)),
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
        "redirect URIs:  none",
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
