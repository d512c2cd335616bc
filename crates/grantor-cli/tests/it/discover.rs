//! `grantor discover`.

use serde_json::{Value, json};

use crate::api::{Api, Scripted};
use crate::grantor::Home;

/// A server that answers with these documents, in which `ISSUER` is its own address.
fn serving(answers: &[(&'static str, &str)]) -> (Api, String) {
    Api::with(|address| {
        let issuer = format!("http://{address}");
        let scripted = answers
            .iter()
            .map(|(status, body)| Scripted::new(status, body.replace("ISSUER", &issuer)));
        scripted.collect()
    })
}

#[test]
fn shows_what_a_server_publishes_and_where() {
    let home = Home::new();
    let file = home.file("c.toml", "scopes = \"read write\"");
    let server = home.serve(&["--config", &file]);
    let issuer = server.issuer.as_str();
    let done = home.run(&["discover", issuer]).ok();
    for part in [
        "/.well-known/oauth-authorization-server",
        &format!("{issuer}/token"),
        &format!("{issuer}/introspect"),
        "client_credentials",
        "client_secret_basic",
        "read write",
        "S256",
    ] {
        assert!(done.out.contains(part), "{part}: {}", done.out);
    }
    let done = home.run(&["discover", issuer, "--json"]);
    assert_eq!(done.code, Some(0));
    let published = server.get("/.well-known/oauth-authorization-server").json();
    assert_eq!(done.json(), published);
    let found: Value = serde_json::from_str(&done.err).unwrap();
    let location = format!("{issuer}/.well-known/oauth-authorization-server");
    assert_eq!(found, json!({ "location": location }));

    let at = format!("{issuer}/.well-known/openid-configuration");
    let done = home.run(&["discover", issuer, "--at", &at]).ok();
    assert!(done.out.contains(&at), "{}", done.out);
    let by_variable = home.command(&["discover"]).env("GRANTOR_ISSUER", issuer);
    by_variable.run().ok();
    let file = home.file("d.toml", &format!("issuer = \"{issuer}\""));
    home.run(&["discover", "--config", &file]).ok();
}

#[test]
fn names_below_localhost_are_this_machine() {
    let home = Home::new();
    let (api, _) = Api::with(|address| {
        let issuer = format!("http://auth.localhost:{}", address.port());
        let document = format!(r#"{{"issuer":"{issuer}","token_endpoint":"{issuer}/token"}}"#);
        vec![Scripted::new("200 OK", document)]
    });
    let issuer = format!("http://auth.localhost:{}", api.address.port());
    let done = home.run(&["discover", &issuer]).ok();
    assert!(
        done.out.contains(&format!("{issuer}/token")),
        "{}",
        done.out
    );
    home.run(&["discover", "http://localhost.example"])
        .fails(2, &["https, or http on a loopback address"]);
}

#[test]
fn the_second_location_answers_when_the_first_does_not() {
    let home = Home::new();
    let (api, issuer) = serving(&[
        ("404 Not Found", ""),
        (
            "200 OK",
            r#"{"issuer":"ISSUER","grant_types_supported":["a\u001b[2Jb"]}"#,
        ),
    ]);
    let done = home.run(&["discover", &issuer]).ok();
    assert!(
        done.out.contains("/.well-known/openid-configuration"),
        "{}",
        done.out
    );
    assert!(done.out.contains("a\\u001b[2Jb"), "{}", done.out);
    assert!(
        done.out.contains("client_secret_basic (not said)"),
        "{}",
        done.out
    );
    assert_eq!(api.seen().len(), 2);
}

#[test]
fn what_can_not_be_used_says_why() {
    let home = Home::new();
    let (_api, issuer) = serving(&[("200 OK", r#"{"issuer":"https://other.example"}"#)]);
    home.run(&["discover", &issuer])
        .fails(3, &[&issuer, "another \"issuer\""]);
    let (_api, issuer) = serving(&[("200 OK", "<html>")]);
    home.run(&["discover", &issuer])
        .fails(3, &["not a JSON object"]);
    let (_api, issuer) = serving(&[("404 Not Found", "")]);
    home.run(&["discover", &issuer])
        .fails(3, &["status 404", "check the issuer"]);
    let at = format!("{issuer}/elsewhere");
    home.run(&["discover", &issuer, "--at", &at])
        .fails(3, &[&format!("no metadata at {at}"), "404"]);
    let (_api, issuer) = serving(&[("503 Service Unavailable", "")]);
    home.run(&["discover", &issuer])
        .fails(5, &["status 503", "try again later"]);
    home.run(&["discover", "http://127.0.0.1:1"])
        .fails(5, &["can't be reached", "refused"]);
    home.run(&["discover", "http://id.example"])
        .fails(2, &["https, or http on a loopback address"]);
    home.run(&[
        "discover",
        "https://id.example",
        "--metadata-url",
        "http://id.example/",
    ])
    .fails(2, &["--metadata-url", "https"]);
    home.run(&["discover"])
        .fails(2, &["no authorization server"]);
}
