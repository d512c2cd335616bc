//! `grantor token`.

use serde_json::json;

use crate::grantor::{Home, Run};

fn token(home: &Home, issuer: &str, secret: &str) -> Run {
    let token = home.command(&["token", "--issuer", issuer, "--client-id", "job"]);
    token.env("GRANTOR_CLIENT_SECRET", secret)
}

#[test]
fn prints_a_token_that_is_good() {
    let home = Home::new();
    let secret = home.add_service("job", &["--scope", "read write"]);
    let server = home.serve(&[]);
    let text = token(&home, &server.issuer, &secret).run().ok().out;
    assert!(server.is_active(text.trim_end(), "job", &secret));

    let asked = token(&home, &server.issuer, &secret)
        .arg("--scope")
        .arg("read")
        .arg("--json");
    let mut said = asked.run().ok().json();
    let access_token = said["access_token"].take();
    assert!(said["expires_in"].take().as_u64().unwrap() <= 300, "{said}");
    assert!(
        said["expires_at"].take().as_u64().unwrap() > 1_700_000_000,
        "{said}"
    );
    assert!(server.is_active(access_token.as_str().unwrap(), "job", &secret));
    assert_eq!(
        said,
        json!({
            "access_token": null, "token_type": "Bearer", "scope": "read",
            "expires_at": null, "expires_in": null,
        })
    );
}

#[test]
fn takes_everything_from_elsewhere_than_arguments() {
    let home = Home::new();
    let secret = home.add_service("job", &[]);
    let server = home.serve(&[]);
    let by_variables = home
        .command(&["token"])
        .env("GRANTOR_ISSUER", &server.issuer);
    let by_variables = by_variables
        .env("GRANTOR_CLIENT_ID", "job")
        .env("GRANTOR_CLIENT_SECRET", &secret);
    by_variables.run().ok();

    let file = home.file("c.toml", &format!("issuer = \"{}\"", server.issuer));
    let args = [
        "token",
        "--config",
        &file,
        "--client-id",
        "job",
        "--secret-stdin",
    ];
    home.command(&args).input(secret).run().ok();
}

#[test]
fn asks_for_an_audience() {
    let home = Home::new();
    let secret = home.add_service("job", &[]);
    let api = home.json(&["client", "add", "api", "--resource", "https://api.example"]);
    let api = api["client_secret"].as_str().unwrap();
    let server = home.serve(&[]);
    let asked = token(&home, &server.issuer, &secret)
        .arg("--audience")
        .arg("https://api.example");
    let text = asked.run().ok().out;
    assert!(server.is_active(text.trim_end(), "api", api));
    let unknown = token(&home, &server.issuer, &secret)
        .arg("--audience")
        .arg("https://other.example");
    unknown.run().fails(3, &[&server.issuer, "invalid_target"]);
}

#[test]
fn says_what_went_wrong_and_not_the_secret() {
    let home = Home::new();
    let secret = home.add_service("job", &["--scope", "read"]);
    let server = home.serve(&[]);

    let wrong = token(&home, &server.issuer, "a-wrong-secret").run();
    wrong.fails(3, &["no token from", &server.issuer, "invalid_client"]);
    assert!(!wrong.err.contains("a-wrong-secret"), "{wrong:?}");
    let wrong = token(&home, &server.issuer, "a-wrong-secret")
        .arg("--json")
        .run();
    let error: serde_json::Value = serde_json::from_str(&wrong.err).unwrap();
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("invalid_client"),
        "{wrong:?}"
    );

    let scope = token(&home, &server.issuer, &secret)
        .arg("--scope")
        .arg("write")
        .run();
    scope.fails(3, &["invalid_scope"]);
    let scope = token(&home, &server.issuer, &secret)
        .arg("--scope")
        .arg("a\"b")
        .run();
    scope.fails(3, &["\"scope\" has a character that is not allowed"]);

    let unreachable = "http://127.0.0.1:1";
    token(&home, unreachable, &secret)
        .run()
        .fails(5, &[unreachable, "can't be reached", "try again later"]);
    let plain = token(&home, "http://id.example", &secret).run();
    plain.fails(3, &["an issuer is https, or http on a loopback address"]);
    let other = token(
        &home,
        &server.issuer.replace("127.0.0.1", "localhost"),
        &secret,
    )
    .run();
    other.fails(3, &["issuer"]);
}

#[test]
fn a_missing_secret_or_issuer_is_named() {
    let home = Home::new();
    let args = [
        "token",
        "--issuer",
        "http://127.0.0.1:1",
        "--client-id",
        "job",
    ];
    let says = [
        "no client secret",
        "GRANTOR_CLIENT_SECRET",
        "--secret-stdin",
    ];
    home.run(&args).fails(2, &says);
    home.command(&args)
        .env("GRANTOR_CLIENT_SECRET", "")
        .run()
        .fails(2, &says);
    let empty = home.command(&args).arg("--secret-stdin");
    empty.run().fails(2, &["the client's secret is empty"]);
    let says = ["no authorization server", "--issuer", "GRANTOR_ISSUER"];
    home.run(&["token", "--client-id", "job"]).fails(2, &says);
    home.run(&["token"]).fails(2, &["--client-id"]);
}
