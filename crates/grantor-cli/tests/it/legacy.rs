//! `serve --profile legacy20`: the grant types that OAuth 2.1 has no more.

use serde_json::json;

use crate::grantor::Home;

const PASSWORD: &str = "a password of ann";
const GRANT_TYPES: &str = "grant_types = [\"authorization_code\", \"password\", \"implicit\"]\n";

#[test]
fn the_old_profile_has_passwords_and_tokens_in_fragments() {
    let home = Home::new();
    home.add_user("ann", PASSWORD);
    let file = home.file("grantor.toml", GRANT_TYPES);
    home.run(&[
        "client",
        "add",
        "old",
        "--public",
        "--grant",
        "password,implicit",
        "--scope",
        "read",
        "--redirect-uri",
        "https://old.example/cb",
    ])
    .ok();
    let server = home.serve(&["--profile", "legacy20", "--config", &file]);
    let metadata = server.get("/.well-known/oauth-authorization-server").json();
    assert_eq!(
        metadata["response_types_supported"],
        json!(["code", "token"])
    );
    let ask = |password| {
        let form = [
            ("grant_type", "password"),
            ("client_id", "old"),
            ("username", "ann"),
            ("password", password),
        ];
        server.post("/token", &form)
    };
    let answer = ask(PASSWORD);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.text("scope"), "read");
    let wrong = ask("wrong");
    assert_eq!(
        (wrong.status, wrong.text("error")),
        (400, "invalid_grant".to_owned())
    );
    let implicit = "/authorize?response_type=token&client_id=old&scope=read\
                    &redirect_uri=https%3A%2F%2Fold.example%2Fcb";
    let login = server.get(implicit);
    assert_eq!(login.status, 200, "{login:?}");
    assert!(login.body.contains("Sign in"), "{login:?}");
}

#[test]
fn the_grant_types_of_the_old_profile_are_a_mistake_under_another() {
    let home = Home::new();
    let file = home.file("grantor.toml", GRANT_TYPES);
    let by_flag = |profile: &str| {
        let serve = ["--profile", profile, "--config", &file];
        home.serve_command(&serve).run()
    };
    let told = [
        "grant_types: \"password\" is not one of OAuth 2.1",
        "grant_types: \"implicit\" is not one of OAuth 2.1",
        "set the profile to \"legacy20\"",
    ];
    by_flag("oauth21").fails(3, &told);
    by_flag("mcp").fails(3, &told);
    home.serve_command(&["--config", &file])
        .run()
        .fails(3, &told);
    // The other commands have the same file, and no profile.
    home.add_user("ann", PASSWORD);
    home.run(&["client", "list", "--config", &file]).ok();
}
