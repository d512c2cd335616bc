//! The file, the environment and the flags.

use std::io::{BufRead, BufReader};

use crate::grantor::Home;

#[test]
fn every_mistake_in_a_file_is_reported() {
    let home = Home::new();
    let file = home.file(
        "c.toml",
        "lisen = \"127.0.0.1:1\"\n[token]\nformat = \"es256\"\n[tokens]\nacces_lifetime = 5\ncode_lifetime = \"1m\"\n",
    );
    for args in [
        &["serve"][..],
        &["client", "list"],
        &["user", "list"],
        &["token", "--client-id", "a"],
    ] {
        home.run(&[args, &["--config", &file]].concat()).fails(
            3,
            &[
                "c.toml: lisen: unknown key; the nearest known one is \"listen\"",
                "c.toml: token.format: unknown key; the nearest known one is \"tokens.format\"",
                "c.toml: tokens.acces_lifetime: unknown key; the nearest known one is \
                 \"tokens.access_lifetime\"",
                "c.toml: tokens.code_lifetime: must be a number of seconds",
            ],
        );
    }
    assert!(!home.path("grantor-data").exists(), "nothing was made");
}

#[test]
fn values_that_do_not_go_together_are_all_reported() {
    let home = Home::new();
    let file = home.file(
        "c.toml",
        "listen = \"127.0.0.1:0\"\n[tokens]\nformat = \"es256\"\naccess_lifetime = 0\nrefresh_grace = 301\n",
    );
    home.run(&["serve", "--config", &file]).fails(
        3,
        &[
            "the access token lifetime must be between",
            "the refresh grace must be at most 300 s",
            "need a default audience",
        ],
    );
    // Nothing was served, so the data belong to no issuer yet.
    let other = ["--issuer", "https://id.example"];
    drop(home.serve(&other));
}

#[test]
fn what_is_set_and_empty_is_a_mistake() {
    let home = Home::new();
    for variable in ["GRANTOR_STORE_URL", "GRANTOR_MASTER_KEY"] {
        let serve = home.command(&["serve", "--listen", "127.0.0.1:0"]);
        serve
            .env(variable, "")
            .run()
            .fails(3, &[variable, "set and empty", "unset it"]);
    }
}

#[test]
fn a_file_that_is_missing_or_no_toml() {
    let home = Home::new();
    home.run(&["serve", "--config", "missing.toml"])
        .fails(3, &["missing.toml can't be read"]);
    home.run(&["serve", "--config", "/dev/zero"])
        .fails(3, &["/dev/zero can't be read", "longer than 1 MiB"]);
    let file = home.file("c.toml", "listen = \"127.0.0.1:0\"\nissuer = = 1");
    home.run(&["serve", "--config", &file])
        .fails(3, &["c.toml: line 2 is not TOML"]);
    let mistake = home
        .command(&["client", "list"])
        .env("GRANTOR_LOG", "a=b=c");
    mistake.run().fails(2, &["GRANTOR_LOG", "debug"]);
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let home = Home::new();
    let issuers = [
        "https://file.example",
        "https://variable.example",
        "https://flag.example",
    ];
    let file = home.file(
        "c.toml",
        &format!(
            "issuer = \"{}\"\ndata = \"from-file\"\nlisten = \"127.0.0.1:1\"",
            issuers[0]
        ),
    );
    let with_file = || home.serve_command(&["--config", &file]);
    let with_variables = || {
        let run = with_file().env("GRANTOR_ISSUER", issuers[1]);
        run.env("GRANTOR_DATA", "from-variable")
    };
    let with_flags = || {
        with_variables()
            .arg("--issuer")
            .arg(issuers[2])
            .arg("--data")
            .arg("from-flag")
    };
    assert!(home.serve(&[]).issuer.starts_with("http://127.0.0.1:"));
    for (run, issuer, data) in [
        (with_file(), issuers[0], "from-file"),
        (with_variables(), issuers[1], "from-variable"),
        (with_flags(), issuers[2], "from-flag"),
    ] {
        assert!(!home.path(data).exists());
        let server = run.serve();
        assert_eq!(server.issuer, issuer);
        assert!(home.path(data).join("grantor.db").exists());
        let metadata = server.get("/.well-known/oauth-authorization-server");
        assert_eq!(metadata.text("issuer"), issuer);
        assert_eq!(metadata.text("token_endpoint"), format!("{issuer}/token"));
    }
    // The listening address of the flag went before that of the file all along; the variable does too.
    let listen = home.command(&["serve", "--config", &file]);
    let server = listen.env("GRANTOR_LISTEN", "127.0.0.1:0").serve();
    assert_ne!(server.address.port(), 1);
    let file = home
        .command(&["client", "list"])
        .env("GRANTOR_CONFIG", &file);
    file.run().ok();
}

#[test]
fn the_file_says_what_tokens_are() {
    let home = Home::new();
    let secret = home.add_service("job", &[]);
    let file = home.file(
        "c.toml",
        "scopes = \"read write\"\n[tokens]\nformat = \"es256\"\naudience = \"https://api.example\"\naccess_lifetime = 7\n",
    );
    let server = home.serve(&["--config", &file]);
    let answer = server.ask_token("job", &secret);
    assert_eq!(answer.json()["expires_in"], 7);
    assert_eq!(answer.text("access_token").split('.').count(), 3);
    let metadata = server.get("/.well-known/openid-configuration").json();
    assert_eq!(
        metadata["scopes_supported"],
        serde_json::json!(["read", "write"])
    );
}

#[test]
fn a_store_in_memory_has_no_clients_for_other_processes() {
    let home = Home::new();
    let file = home.file("c.toml", "store = \"memory\"");
    for args in [
        &["client", "list"][..],
        &["client", "add", "a", "--grant", "client_credentials"],
        &["user", "list"],
    ] {
        let done = home.run(&[args, &["--config", &file]].concat());
        done.fails(3, &["\"memory\"", "\"sqlite\""]);
    }
    let server = home.serve(&["--config", &file]);
    assert_eq!(server.get("/jwks").status, 200);
    assert!(!home.path("grantor-data").exists());
}

#[test]
fn a_server_names_the_file_that_the_next_command_needs() {
    let home = Home::new();
    let file = home.file("c.toml", "[store]\nnamespace = \"tenant\"\n");
    let (reader, writer) = std::io::pipe().unwrap();
    let serve = home.serve_command(&["--config", &file]).stdout(writer);
    let mut child = serve.start();
    let mut lines = BufReader::new(reader).lines().map(Result::unwrap);
    let next = lines.find(|line| line.trim().starts_with("grantor client add"));
    child.kill().unwrap();
    child.wait().unwrap();
    let next = next.unwrap();
    let words: Vec<&str> = next.split_whitespace().skip(1).collect();
    home.run(&words).ok();
    let listed = home.run(&["client", "list", "--config", &file]).ok();
    assert!(listed.out.contains("my-service"), "{next}: {listed:?}");
}
