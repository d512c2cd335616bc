//! The options that `token` and `request` share: how a token is requested, and where it is kept.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::api::{Api, Scripted};
use crate::grantor::{Home, Run, Serving};

struct Scene {
    home: Home,
    server: Serving,
    secret: String,
}

impl Scene {
    fn new() -> Self {
        let home = Home::new();
        let secret = home.add_service("job", &["--scope", "read"]);
        let server = home.serve(&[]);
        std::fs::create_dir(home.path("kept")).unwrap();
        set_permissions(home.path("kept"), Permissions::from_mode(0o700)).unwrap();
        Self {
            home,
            server,
            secret,
        }
    }

    fn token(&self, more: &[&str]) -> Run {
        let issuer = self.server.issuer.as_str();
        let common = ["token", "--issuer", issuer, "--client-id", "job"];
        let run = self.home.command(&[&common, more].concat());
        run.env("GRANTOR_CLIENT_SECRET", &self.secret)
    }

    fn kept(&self, more: &[&str]) -> String {
        let store = ["--store", "kept/tokens.db"];
        self.token(&[&store, more].concat()).run().ok().out
    }
}

/// A token endpoint of its own, and a command that uses it.
fn elsewhere(home: &Home, answer: Scripted, more: &[&str]) -> (Api, Run) {
    let api = Api::answering(vec![answer]);
    let url = api.url("/oauth/token");
    let common = ["token", "--client-id", "job", "--token-endpoint", &url];
    let run = home.command(&[&common, more].concat());
    (api, run.env("GRANTOR_CLIENT_SECRET", "a-client-secret"))
}

#[test]
fn repeated_calls_share_a_token_that_is_in_a_store() {
    let scene = Scene::new();
    assert_ne!(
        scene.token(&[]).run().ok().out,
        scene.token(&[]).run().ok().out
    );
    let first = scene.kept(&[]);
    assert_eq!(scene.kept(&[]), first);
    // Another scope is another token.
    assert_ne!(scene.kept(&["--scope", "read"]), first);
    let renewed = scene.kept(&["--renew"]);
    assert_ne!(renewed, first);
    assert_eq!(scene.kept(&[]), renewed);
    assert_eq!(scene.kept(&["--forget"]), "");
    assert_ne!(scene.kept(&[]), renewed);
    scene.token(&["--forget"]).run().fails(2, &["--store"]);

    let api = Api::answering(vec![Scripted::new("200 OK", "")]);
    let token = scene.kept(&[]);
    let (issuer, url) = (scene.server.issuer.as_str(), api.url("/"));
    let args = [
        "request",
        "--issuer",
        issuer,
        "--client-id",
        "job",
        "--store",
        "kept/tokens.db",
    ];
    let request = scene.home.command(&[&args[..], &[&url]].concat());
    request
        .env("GRANTOR_CLIENT_SECRET", &scene.secret)
        .run()
        .ok();
    let header = format!("authorization: bearer {}", token.trim().to_lowercase());
    assert!(api.seen()[0].contains(&header), "{:?}", api.seen());
}

#[test]
fn a_request_may_renew_the_token_that_is_in_the_store() {
    let scene = Scene::new();
    let kept = scene.kept(&[]);
    let api = Api::answering(vec![Scripted::new("200 OK", "")]);
    let (issuer, url) = (scene.server.issuer.as_str(), api.url("/"));
    let args = ["request", "--issuer", issuer, "--client-id", "job", &url];
    for more in [&[][..], &["--renew"]] {
        let store = ["--store", "kept/tokens.db"];
        let request = scene.home.command(&[&args[..], &store, more].concat());
        let request = request.env("GRANTOR_CLIENT_SECRET", &scene.secret);
        request.run().ok();
    }
    let renewed = scene.kept(&[]);
    assert_ne!(renewed, kept);
    let sent = api.seen();
    for (request, token) in sent.iter().zip([kept, renewed]) {
        let header = format!("authorization: bearer {}", token.trim().to_lowercase());
        assert!(request.contains(&header), "{request}");
    }
}

/// Each command is a process of its own, so the first rejection that it meets renews the token that an
/// earlier one left, and the next command has the new one.
#[test]
fn a_token_from_the_store_that_the_api_rejects_is_renewed_within_the_call() {
    let scene = Scene::new();
    let kept = scene.kept(&[]);
    let challenge = "Bearer error=\"invalid_token\"";
    let rejected = || Scripted::new("401 Unauthorized", "no").header("www-authenticate", challenge);
    let good = || Scripted::new("200 OK", "good");
    let api = Api::answering(vec![rejected(), good(), good(), rejected(), good()]);
    let (issuer, url) = (scene.server.issuer.as_str(), api.url("/"));
    let args = ["request", "--issuer", issuer, "--client-id", "job", &url];
    let mut tokens = vec![kept.trim().to_lowercase()];
    for _ in 0..3 {
        let store = ["--store", "kept/tokens.db"];
        let request = scene.home.command(&[&args[..], &store].concat());
        let request = request.env("GRANTOR_CLIENT_SECRET", &scene.secret);
        assert_eq!(request.run().ok().out, "good");
        tokens.push(scene.kept(&[]).trim().to_lowercase());
    }
    let [first, second, same, third] = &tokens[..] else {
        panic!("{tokens:?}");
    };
    assert!(first != second && second == same && same != third);
    let seen = api.seen();
    for (request, token) in seen.iter().zip([first, second, second, second, third]) {
        let header = format!("authorization: bearer {token}");
        assert!(request.contains(&header), "{request}");
    }
    assert_eq!(seen.len(), 5);
}

#[test]
fn calls_at_the_same_time_share_it_too() {
    let scene = Scene::new();
    scene.kept(&["--scope", "read"]);
    let mut tokens: Vec<String> = std::thread::scope(|scope| {
        let calls = [(); 4].map(|()| scope.spawn(|| scene.kept(&[])));
        calls.map(|call| call.join().unwrap()).to_vec()
    });
    tokens.dedup();
    assert_eq!(tokens.len(), 1, "{tokens:?}");
}

#[test]
fn what_is_kept_is_sealed_and_nobody_else_may_write_to_it() {
    let scene = Scene::new();
    let token = scene.kept(&["--store-key", "keys"]);
    assert!(scene.home.path("keys/master.key").exists());
    assert!(!scene.home.path("kept/master.key").exists());
    for entry in std::fs::read_dir(scene.home.path("kept")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let found = bytes
            .windows(20)
            .any(|part| part == &token.as_bytes()[..20]);
        assert!(!found, "the token is in the clear");
    }
    let store = ["--store", "kept/tokens.db"];
    let lost = scene.token(&[&store[..], &["--store-key", "others"]].concat());
    lost.run().fails(1, &["master.key is missing"]);
    set_permissions(scene.home.path("kept"), Permissions::from_mode(0o777)).unwrap();
    scene.token(&store).run().fails(1, &["mode 0777", "0700"]);
    set_permissions(scene.home.path("kept"), Permissions::from_mode(0o700)).unwrap();
    let file = scene.home.path("kept/tokens.db");
    set_permissions(&file, Permissions::from_mode(0o620)).unwrap();
    let says = ["kept/tokens.db has mode 0620", "0600"];
    scene.token(&store).run().fails(1, &says);
    scene
        .token(&["--store", "missing/tokens.db"])
        .run()
        .fails(1, &["missing/tokens.db"]);
}

#[test]
fn a_token_request_has_everything_that_the_options_say() {
    let home = Home::new();
    let file = home.file("tenant", "blue & green\n");
    let answer = r#"{"access_token":"at","token_type":"Bearer","expires_in":60}"#;
    let from_file = format!("tenant@{file}");
    let options = [
        "--auth-method",
        "client_secret_post",
        "--resource",
        "https://a.example",
        "--resource",
        "https://b.example",
        "--audience",
        "api",
        "--parameter",
        "colour=a=b",
        "--parameter",
        &from_file,
        "--parameter",
        "assertion@-",
    ];
    let (api, run) = elsewhere(&home, Scripted::new("200 OK", answer), &options);
    assert_eq!(run.input("from-standard-input\n").run().ok().out, "at\n");
    let [request] = api.seen().try_into().unwrap();
    assert!(request.starts_with("post /oauth/token "), "{request}");
    for part in [
        "grant_type=client_credentials",
        "client_id=job",
        "client_secret=a-client-secret",
        "resource=https%3A%2F%2Fa.example&resource=https%3A%2F%2Fb.example",
        "audience=api",
        "colour=a%3Db",
        "tenant=blue+%26+green",
        "assertion=from-standard-input",
    ] {
        assert!(request.contains(part), "{part}: {request}");
    }
    let (api, run) = elsewhere(
        &home,
        Scripted::new("200 OK", answer),
        &["--show", "header"],
    );
    assert_eq!(run.run().ok().out, "Authorization: Bearer at\n");
    assert!(
        api.seen()[0].contains("authorization: basic "),
        "{:?}",
        api.seen()
    );
    let (_api, run) = elsewhere(&home, Scripted::new("200 OK", answer), &["--show", "json"]);
    assert_eq!(run.run().ok().json()["access_token"], "at");
}

#[test]
fn a_secret_parameter_is_no_argument() {
    let home = Home::new();
    let answer = Scripted::new("200 OK", "");
    let (api, run) = elsewhere(&home, answer, &["--parameter", "password=hunter2"]);
    let done = run.run();
    done.fails(2, &["a secret is no argument", "password@FILE"]);
    assert!(
        !done.err.contains("hunter2") && api.seen().is_empty(),
        "{done:?}"
    );
    let (_api, run) = elsewhere(
        &home,
        Scripted::new("200 OK", ""),
        &["--auth-method", "none"],
    );
    run.run().fails(2, &["clients that have a secret"]);
}

#[test]
fn a_script_learns_when_to_try_again() {
    let home = Home::new();
    let busy = || Scripted::new("429 Too Many Requests", "{}").header("retry-after", "60");
    let (_api, run) = elsewhere(&home, busy(), &["--json"]);
    let done = run.run();
    assert_eq!((done.code, done.out.as_str()), (Some(5), ""));
    let mut error: Value = serde_json::from_str(&done.err).unwrap();
    assert!(
        error["message"].take().as_str().unwrap().contains("429"),
        "{done:?}"
    );
    let expected = json!({
        "code": "try_again", "exit_code": 5, "message": null,
        "retry_after": 60, "hint": "try again in 60 s",
    });
    assert_eq!(error, expected);
    let (_api, run) = elsewhere(&home, busy(), &[]);
    run.run().fails(5, &["429", "try again in 60 s"]);
    let refused = r#"{"error":"invalid_grant","error_description":"a\u001b[2Jb"}"#;
    let (_api, run) = elsewhere(&home, Scripted::new("400 Bad Request", refused), &[]);
    let done = run.run();
    done.fails(6, &["invalid_grant"]);
    assert!(!done.err.contains('\u{1b}'), "{done:?}");
}
