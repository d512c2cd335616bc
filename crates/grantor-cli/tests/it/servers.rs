//! Servers without metadata, with metadata elsewhere, and with metadata that leave the secret out.

use serde_json::{Value, json};

use crate::api::{Api, Scripted};
use crate::grantor::{Home, Run};

const COMMANDS: [&str; 4] = ["token", "request", "introspect", "revoke"];

fn run(home: &Home, command: &str, more: &[&str]) -> Run {
    let mut args = vec![command, "--client-id", "job"];
    if command == "request" {
        args.push("http://127.0.0.1:1/");
    }
    args.extend(more);
    let run = home.command(&args).input("a-token");
    run.env("GRANTOR_CLIENT_SECRET", "a-client-secret")
}

fn token() -> Scripted {
    let answer = json!({ "access_token": "at", "token_type": "Bearer", "expires_in": 60 });
    Scripted::new("200 OK", answer.to_string())
}

#[test]
fn an_endpoint_is_all_that_a_server_without_metadata_needs() {
    let home = Home::new();
    for (command, option, answer) in [
        ("token", "--token-endpoint", token()),
        (
            "introspect",
            "--introspection-endpoint",
            Scripted::new("200 OK", r#"{"active":true}"#),
        ),
        (
            "revoke",
            "--revocation-endpoint",
            Scripted::new("200 OK", ""),
        ),
    ] {
        let api = Api::answering(vec![answer]);
        let url = api.url("/somewhere");
        run(&home, command, &[option, &url]).run().ok();
        // It goes before what metadata say, which nobody has to publish then.
        let issuer = ["--issuer", "https://id.example"];
        let both = [&[option, url.as_str()], &issuer[..]].concat();
        run(&home, command, &both).run().ok();
        let seen = api.seen();
        assert_eq!(seen.len(), 2, "{command}: {seen:?}");
        for request in seen {
            assert!(request.starts_with("post /somewhere "), "{request}");
            assert!(request.contains("authorization: basic "), "{request}");
        }
    }
    for (command, option) in [
        ("introspect", "--introspection-endpoint"),
        ("revoke", "--revocation-endpoint"),
    ] {
        let api = Api::answering(vec![Scripted::new("503 Service Unavailable", "")]);
        let failed = run(&home, command, &[option, &api.url("/x?key=abc")]).run();
        failed.fails(5, &["503", &format!("http://{}", api.address)]);
        assert!(!failed.err.contains("abc"), "{failed:?}");
        run(&home, command, &[option, "http://id.example/x"])
            .run()
            .fails(3, &["https"]);
    }
}

#[test]
fn metadata_elsewhere_are_found_and_must_name_the_issuer() {
    let home = Home::new();
    for command in COMMANDS {
        let (api, issuer) = Api::with(|address| {
            let at = |name| format!("http://{address}/{name}");
            let document = json!({
                "issuer": format!("http://{address}"),
                "token_endpoint": at("t"), "introspection_endpoint": at("i"),
                "revocation_endpoint": at("r"),
            });
            let mut answer = token();
            if command == "introspect" {
                answer = Scripted::new("200 OK", r#"{"active":true}"#);
            }
            vec![Scripted::new("200 OK", document.to_string()), answer]
        });
        let url = api.url("/config.json");
        let there = ["--issuer", &issuer, "--metadata-url", &url];
        let done = run(&home, command, &there).run();
        let [metadata, asked] = api.seen().try_into().unwrap();
        assert!(metadata.starts_with("get /config.json "), "{metadata}");
        let path = if command == "request" {
            "t"
        } else {
            &command[..1]
        };
        assert!(asked.starts_with(&format!("post /{path} ")), "{asked}");
        if command != "request" {
            done.ok();
        }
        let mine = Api::with(|address| {
            let document = json!({ "issuer": format!("http://{address}") });
            vec![Scripted::new("200 OK", document.to_string())]
        });
        let other = [
            "--issuer",
            "https://id.example",
            "--metadata-url",
            &mine.0.url("/"),
        ];
        let failed = run(&home, command, &other).run();
        failed.fails(3, &["another \"issuer\""]);
        let nobody = run(&home, command, &["--metadata-url", &url]).run();
        nobody.fails(2, &["--metadata-url needs --issuer"]);
    }
}

#[test]
fn a_server_that_takes_no_secret_is_named_with_a_way_out() {
    let home = Home::new();
    for command in COMMANDS {
        let (api, issuer) = Api::with(|address| {
            let at = format!("http://{address}/x");
            let document = json!({
                "issuer": format!("http://{address}"),
                "token_endpoint": at, "introspection_endpoint": at, "revocation_endpoint": at,
                "token_endpoint_auth_methods_supported": ["none"],
            });
            vec![Scripted::new("200 OK", document.to_string())]
        });
        let issuer = ["--issuer", issuer.as_str()];
        let refused = run(&home, command, &issuer).run();
        refused.fails(3, &["none", "--auth-method client_secret_basic"]);
        let json = run(&home, command, &[&issuer[..], &["--json"]].concat());
        let error: Value = serde_json::from_str(&json.run().err).unwrap();
        let hint = error["hint"].as_str().unwrap_or_default();
        assert!(hint.contains("--auth-method"), "{error}");
        assert!(api.seen().iter().all(|seen| seen.starts_with("get ")));
    }
    // A method that was named is used, whatever the server lists.
    let (api, issuer) = Api::with(|address| {
        let document = json!({
            "issuer": format!("http://{address}"), "token_endpoint": format!("http://{address}/t"),
            "token_endpoint_auth_methods_supported": ["none"],
        });
        vec![Scripted::new("200 OK", document.to_string()), token()]
    });
    let named = ["--issuer", &issuer, "--auth-method", "client_secret_post"];
    run(&home, "token", &named).run().ok();
    assert!(api.seen()[1].contains("client_secret=a-client-secret"));
}

#[test]
fn help_lists_the_methods_of_authentication_and_each_is_taken() {
    let home = Home::new();
    let methods = [
        ("client_secret_basic", "authorization: basic "),
        (
            "client_secret_post",
            "client_secret=a-client-secret-that-is-long",
        ),
        ("client_secret_jwt", "client_assertion=ey"),
        ("none", "client_id=job"),
    ];
    for command in COMMANDS {
        let help = home.run(&[command, "--help"]).ok().out;
        for (method, _) in methods {
            assert!(help.contains(&format!("- {method}")), "{method}: {help}");
        }
    }
    for (method, sent) in methods {
        let api = Api::answering(vec![Scripted::new("200 OK", r#"{"active":true}"#)]);
        let url = api.url("/i");
        let args = ["--introspection-endpoint", &url, "--auth-method", method];
        let asked = run(&home, "introspect", &args);
        // Long enough for the key of a MAC.
        let asked = asked.env(
            "GRANTOR_CLIENT_SECRET",
            "a-client-secret-that-is-long-enough",
        );
        asked.run().ok();
        let request = api.seen().pop().unwrap();
        assert!(request.contains(sent), "{method}: {request}");
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_secret() {
    let home = Home::new();
    let file = home.file("secret", "\u{feff}a-secret\r\n");
    let api = Api::answering(vec![token()]);
    let url = api.url("/t");
    let post = [
        "--token-endpoint",
        &url,
        "--auth-method",
        "client_secret_post",
    ];
    let from_file = [&post[..], &["--secret-file", &file]].concat();
    run(&home, "token", &from_file).run().ok();
    let from_stdin = [&post[..], &["--secret-stdin"]].concat();
    let from_stdin = run(&home, "token", &from_stdin).input("\u{feff}a-secret\n");
    from_stdin.run().ok();
    for request in api.seen() {
        assert!(request.ends_with("client_secret=a-secret"), "{request}");
    }
}
