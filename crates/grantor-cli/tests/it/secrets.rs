//! Where secrets must not be: in the log, in arguments, in the data.

use crate::grantor::Home;
use crate::web::{REDIRECT_URI, Visitor, hidden, redeem, refresh};

const PASSWORD: &str = "a long walk on the beach";

#[test]
fn the_log_has_no_secret_at_any_level() {
    let home = Home::new();
    let service = home.add_service("job", &["--scope", "read"]);
    home.run(&[
        "client",
        "add",
        "app",
        "--public",
        "--grant",
        "authorization_code,refresh_token",
        "--redirect-uri",
        REDIRECT_URI,
    ])
    .ok();
    home.add_user("ann", PASSWORD);
    let server = home.serve_command(&[]).env("GRANTOR_LOG", "trace").serve();
    let mut seen = vec![
        service.clone(),
        PASSWORD.to_owned(),
        "wrong-secret".to_owned(),
    ];

    let token = server.ask_token("job", &service).text("access_token");
    assert_eq!(server.ask_token("job", "wrong-secret").status, 401);
    // The two swapped.
    assert_eq!(server.ask_token(&service, "job").status, 401);
    assert!(server.is_active(&token, "job", &service));
    let client = [("client_id", "job"), ("client_secret", &service)];
    let revoked = server.post("/revoke", &[&client[..], &[("token", &token)]].concat());
    assert_eq!(revoked.status, 200);
    seen.push(token);

    let mut visitor = Visitor::new(&server);
    let page = visitor.open("app");
    let wrong = visitor.send(&page, &[("username", "ann"), ("password", "wrong-secret")]);
    assert_eq!(wrong.status, 422);
    seen.extend([
        hidden(&page, "csrf").to_owned(),
        hidden(&page, "interaction").to_owned(),
    ]);
    let code = visitor.sign_in("app", "ann", PASSWORD);
    let tokens = redeem(&server, "app", &code);
    let rotated = refresh(&server, "app", &tokens.text("refresh_token"));
    // The code once more, which ends the grant and is written to the log.
    assert_eq!(redeem(&server, "app", &code).status, 400);
    for answer in [&tokens, &rotated] {
        seen.extend([answer.text("access_token"), answer.text("refresh_token")]);
    }
    seen.push(code);
    seen.extend(visitor.cookies().map(str::to_owned));

    drop(server);
    let log = home.log();
    assert!(
        log.contains("login failed") && log.contains("grantor::audit"),
        "{log}"
    );
    assert!(!log.contains('\u{1b}'), "colours in a file");
    for secret in &seen {
        assert!(secret.len() > 8, "{secret}");
        let encoded = secret.replace(' ', "+");
        assert!(
            !log.contains(secret.as_str()) && !log.contains(&encoded),
            "{secret} in {log}"
        );
    }
}

#[test]
fn the_client_logs_no_secret_either() {
    let home = Home::new();
    let secret = home.add_service("job", &[]);
    let server = home.serve(&[]);
    let run = |secret: &str| {
        let issuer = server.issuer.as_str();
        let url = format!("{issuer}/jwks");
        let args = ["request", "--issuer", issuer, "--client-id", "job", &url];
        let request = home.command(&args).env("GRANTOR_LOG", "trace");
        request.env("GRANTOR_CLIENT_SECRET", secret).run()
    };
    let done = run(&secret);
    assert_eq!(done.code, Some(0));
    assert!(done.err.contains("grantor_client"), "{}", done.err);
    assert!(!done.err.contains(&secret), "{}", done.err);
    assert!(!done.err.to_lowercase().contains("bearer "), "{}", done.err);
    let wrong = run("wrong-secret");
    assert_eq!(wrong.code, Some(3));
    assert!(!wrong.err.contains("wrong-secret"), "{}", wrong.err);
}

#[test]
fn no_command_takes_a_secret_as_an_argument() {
    let home = Home::new();
    for args in [
        &["user", "add", "ann", "--password", "x"][..],
        &["user", "add", "ann", "x"],
        &["client", "add", "job", "--secret", "x"],
        &["client", "rotate-secret", "job", "x"],
        &["token", "--client-secret", "x"],
        &["request", "--secret", "x", "http://127.0.0.1:1"],
    ] {
        home.run(args).fails(2, &["unexpected argument"]);
    }
}

#[test]
fn the_data_hold_no_secret_in_the_clear() {
    let home = Home::new();
    let secret = home.add_service("job", &[]);
    home.add_user("ann", PASSWORD);
    let server = home.serve(&[]);
    let token = server.ask_token("job", &secret).text("access_token");
    let mut read = 0;
    for entry in std::fs::read_dir(home.path("grantor-data")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for hidden in [&secret, &token, PASSWORD] {
            let mut windows = bytes.windows(hidden.len());
            assert!(
                !windows.any(|window| window == hidden.as_bytes()),
                "{hidden}"
            );
        }
        read += bytes.len();
    }
    assert!(read > 4096, "{read}");
    // A value that is no secret is there to be found, so the search would have found a secret.
    let process = std::fs::read_to_string(format!("/proc/{}/cmdline", server.pid())).unwrap();
    assert!(
        process.contains("--listen") && !process.contains(&secret),
        "{process}"
    );
}
