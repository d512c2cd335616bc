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
    let api = [
        "client",
        "add",
        "api",
        "--resource-server",
        "https://api.example",
    ];
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
            "auth_method": "none",
            "jwks": null,
            "jwks_uri": null,
            "danger_assertion_audience_token_endpoint": false,
            "grants": ["authorization_code", "refresh_token"],
            "scope": "a",
            "redirect_uris": ["https://web.example/back"],
            "resource_server": null,
            "allowed_resources": null,
            "rotation": null,
            "access_lifetime": null,
            "refresh_lifetime": null,
            "grant_lifetime": null,
            "default_scope": null,
            "require_pushed_requests": false,
            "dpop_bound_access_tokens": false,
            "require_dpop_nonces": false,
            "opaque_access_tokens": false,
            "redirect_schemes": [],
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
        let server = home.serve(&["--issuer", "http://127.0.0.1:8787"]);
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

    let api = home.json(&[
        "client",
        "add",
        "api",
        "--resource-server",
        "https://api.example",
    ]);
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
            "client job changed, the old secret is refused within a second by servers that run \
             (client_cache)\nsecret, shown this once: "
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
