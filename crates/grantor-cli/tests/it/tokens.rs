//! `grantor introspect` and `grantor revoke`.

use crate::api::{Api, Scripted};
use crate::grantor::{Home, Run, Serving};

struct Scene {
    home: Home,
    server: Serving,
    secret: String,
    token: String,
}

impl Scene {
    fn new() -> Self {
        let home = Home::new();
        let secret = home.add_service("job", &["--scope", "read"]);
        let server = home.serve(&[]);
        let token = server.ask_token("job", &secret).text("access_token");
        Self {
            home,
            server,
            secret,
            token,
        }
    }

    /// A command of that client about a token.
    fn about(&self, command: &str, token: &str, more: &[&str]) -> Run {
        let issuer = self.server.issuer.as_str();
        let common = [command, "--issuer", issuer, "--client-id", "job"];
        let run = self.home.command(&[&common, more].concat());
        run.env("GRANTOR_CLIENT_SECRET", &self.secret).input(token)
    }
}

#[test]
fn an_active_token_differs_from_an_inactive_one() {
    let scene = Scene::new();
    let done = scene.about("introspect", &scene.token, &[]).run().ok();
    assert!(done.out.starts_with("active\n"), "{done:?}");
    for part in [
        "scope       read",
        "client_id   job",
        "exp         20",
        "in ",
    ] {
        assert!(done.out.contains(part), "{part}: {done:?}");
    }
    let json = scene.about("introspect", &scene.token, &["--json"]);
    let json = json.run().ok().json();
    assert_eq!(
        (&json["active"], &json["scope"]),
        (&true.into(), &"read".into())
    );

    let done = scene.about("introspect", "a-wrong-token", &[]).run();
    assert_eq!(
        (done.code, done.out.as_str(), done.err.as_str()),
        (Some(9), "not active\n", "")
    );
    let done = scene
        .about("introspect", "a-wrong-token", &["--json"])
        .run();
    assert_eq!(
        (done.code, done.out.as_str()),
        (Some(9), "{\"active\":false}\n")
    );
}

#[test]
fn a_revoked_token_is_good_no_longer() {
    let scene = Scene::new();
    let file = scene.home.file("token", &format!("  {}\n", scene.token));
    let from_file = ["--token-file", &file, "--hint", "access_token"];
    scene.about("introspect", "", &from_file).run().ok();
    scene.about("revoke", "", &from_file).run().ok();
    assert_eq!(
        scene.about("introspect", "", &from_file).run().code,
        Some(9)
    );
    let again = scene.about("revoke", &scene.token, &["--json"]).run().ok();
    assert_eq!(again.out, "{\"revoked\":true}\n");
    let by_variable = scene.about("introspect", "", &[]);
    let by_variable = by_variable.env("GRANTOR_TOKEN", &scene.token);
    assert_eq!(by_variable.run().code, Some(9));
}

#[test]
fn the_client_authenticates_by_the_given_method() {
    let scene = Scene::new();
    let secret = scene.home.file("secret", &format!("{}\n", scene.secret));
    for method in ["client_secret_basic", "client_secret_post", "basic", "post"] {
        let method = ["--secret-file", &secret, "--auth-method", method];
        scene.about("introspect", &scene.token, &method).run().ok();
    }
    let wrong = scene.home.file("wrong", "a-wrong-secret");
    let done = scene
        .about("introspect", &scene.token, &["--secret-file", &wrong])
        .run();
    done.fails(3, &["says nothing of the token", "invalid_client"]);
    assert!(!done.err.contains("a-wrong-secret"), "{done:?}");
    let public = ["--auth-method", "none"];
    scene
        .about("revoke", &scene.token, &public)
        .run()
        .fails(3, &["invalid_client"]);
    let nonsense = ["--auth-method", "nonsense"];
    scene
        .about("revoke", &scene.token, &nonsense)
        .run()
        .fails(2, &["nonsense"]);
}

#[test]
fn standard_input_has_the_token_or_the_secret() {
    let scene = Scene::new();
    let both = scene
        .about("introspect", &scene.token, &["--secret-stdin"])
        .run();
    both.fails(2, &["either the token or the client's secret"]);
    let both = scene.about("revoke", &scene.token, &["--secret-stdin"]);
    both.run()
        .fails(2, &["either the token or the client's secret"]);
    let file = scene.home.file("token", &scene.token);
    let secret = ["--secret-stdin", "--token-file", &file];
    scene.about("introspect", &scene.secret, &secret).run().ok();
    let two = ["--secret-stdin", "--secret-file", &file];
    scene
        .about("introspect", "", &two)
        .run()
        .fails(2, &["cannot be used with"]);
}

#[test]
fn a_token_as_an_argument_is_refused_and_not_repeated() {
    let scene = Scene::new();
    for command in ["introspect", "revoke"] {
        let done = scene.about(command, "", &["s3cret-token"]).run();
        done.fails(2, &["unexpected argument", "may be a secret"]);
        assert!(!done.err.contains("s3cret-token"), "{done:?}");
    }
    let done = scene.home.run(&["decode", "s3cret.to.ken", "--json"]);
    done.fails(2, &["unexpected argument"]);
    assert!(!done.err.contains("s3cret"), "{done:?}");
}

#[test]
fn a_server_without_the_endpoint_or_without_time_says_so() {
    let scene = Scene::new();
    let (_api, issuer) = Api::with(|address| {
        let document = format!(
            r#"{{"issuer":"http://{address}","introspection_endpoint":"http://{address}/i"}}"#
        );
        vec![
            Scripted::new("200 OK", document.clone()),
            Scripted::new("200 OK", document),
            Scripted::new("503 Service Unavailable", ""),
        ]
    });
    let of = |command| {
        let args = [command, "--issuer", &issuer, "--client-id", "job"];
        let run = scene.home.command(&args).input("token");
        run.env("GRANTOR_CLIENT_SECRET", "secret").run()
    };
    of("revoke").fails(3, &["has no \"revocation_endpoint\""]);
    of("introspect").fails(5, &["503", "try again later"]);
}

#[test]
fn the_server_learns_the_type_of_the_token_if_that_is_known() {
    let home = Home::new();
    for (command, endpoint, answer) in [
        ("introspect", "introspection_endpoint", r#"{"active":true}"#),
        ("revoke", "revocation_endpoint", ""),
    ] {
        for hint in [Some("access_token"), Some("refresh_token"), None] {
            let (api, issuer) = Api::with(|address| {
                let document =
                    format!(r#"{{"issuer":"http://{address}","{endpoint}":"http://{address}/e"}}"#);
                vec![
                    Scripted::new("200 OK", document),
                    Scripted::new("200 OK", answer),
                ]
            });
            let args = [command, "--issuer", &issuer, "--client-id", "job"];
            let mut run = home.command(&args).input("a-token");
            if let Some(hint) = hint {
                run = run.arg("--hint").arg(hint);
            }
            run.env("GRANTOR_CLIENT_SECRET", "secret").run().ok();
            let [_, sent] = api.seen().try_into().unwrap();
            assert!(sent.contains("token=a-token"), "{sent}");
            match hint {
                Some(hint) => {
                    let hint = format!("token_type_hint={hint}");
                    assert!(sent.contains(&hint), "{hint}: {sent}");
                }
                None => assert!(!sent.contains("hint"), "{sent}"),
            }
        }
    }
}
