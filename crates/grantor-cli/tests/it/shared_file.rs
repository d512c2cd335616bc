//! Two processes that serve one data folder, with one SQLite file in it: what may happen once happens once.

use std::thread;

use grantor_jose::{Algorithm, Key, jwt};
use serde_json::{Value, json};

use crate::grantor::{Home, Serving};
use crate::web::{Answer, REDIRECT_URI, Visitor, get, hidden, redeem, refresh, to_form};

const ISSUER: &str = "http://127.0.0.1:8787";
const PASSWORD: &str = "correct horse battery staple";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How often each server is asked at once.
const AT_ONCE: usize = 8;

/// A data folder with a client for users, one for devices, and two users.
fn furnished() -> Home {
    let home = Home::new();
    let config = "grant_types = [\"authorization_code\", \"client_credentials\", \
                  \"refresh_token\", \"device_code\"]\n";
    home.file("grantor.toml", config);
    let app = [
        "client",
        "add",
        "app",
        "--public",
        "--redirect-uri",
        REDIRECT_URI,
    ];
    let grants = ["--grant", "authorization_code,refresh_token"];
    home.run(&[&app[..], &grants].concat()).ok();
    let tv = ["client", "add", "tv", "--public", "--grant"];
    home.run(&[&tv[..], &["device_code,refresh_token"]].concat())
        .ok();
    for name in ["ann", "ben"] {
        home.add_user(name, PASSWORD);
    }
    home
}

/// Two processes on it.
fn two_servers(home: &Home, more: &[&str]) -> [Serving; 2] {
    let own = ["--issuer", ISSUER, "--config", "grantor.toml"];
    let args = [&own[..], more].concat();
    [home.serve(&args), home.serve(&args)]
}

/// Asks both many times at once.
fn at_once(servers: &[Serving; 2], ask: impl Fn(&Serving) -> Answer + Sync) -> Vec<Answer> {
    thread::scope(|scope| {
        let ask = &ask;
        let each = servers.iter().flat_map(|server| [server; AT_ONCE]);
        let asking: Vec<_> = each
            .map(|server| scope.spawn(move || ask(server)))
            .collect();
        asking
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// The only answer with a token; all others are this error.
#[track_caller]
fn winner<'a>(answers: &'a [Answer], status: u16, error: &str) -> &'a Answer {
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1, "{answers:?}");
    for answer in lost {
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.text("error"), error, "{answer:?}");
    }
    won[0]
}

#[test]
fn two_servers_on_one_file_redeem_a_code_once() {
    let home = furnished();
    let servers = two_servers(&home, &[]);
    let mut visitor = Visitor::new(&servers[0]);
    let first = visitor.sign_in("app", "ann", PASSWORD);
    let codes = (0..3).map(|_| visitor.sign_in_again("app"));
    for code in [first].into_iter().chain(codes.collect::<Vec<_>>()) {
        let answers = at_once(&servers, |server| redeem(server, "app", &code));
        winner(&answers, 400, "invalid_grant");
    }
}

#[test]
fn two_servers_on_one_file_rotate_a_refresh_token_once() {
    let home = furnished();
    let servers = two_servers(&home, &[]);
    let code = Visitor::new(&servers[0]).sign_in("app", "ann", PASSWORD);
    let mut token = redeem(&servers[1], "app", &code).text("refresh_token");
    for _ in 0..3 {
        let answers = at_once(&servers, |server| refresh(server, "app", &token));
        let next: Vec<String> = answers
            .iter()
            .map(|answer| {
                assert_eq!(answer.status, 200, "{answer:?}");
                answer.text("refresh_token")
            })
            .collect();
        assert!(next.iter().all(|one| *one == next[0] && *one != token));
        token.clone_from(&next[0]);
    }
}

#[test]
fn two_servers_on_one_file_without_grace_rotate_for_one() {
    let home = furnished();
    let text = std::fs::read_to_string(home.path("grantor.toml")).unwrap();
    home.file(
        "grantor.toml",
        &format!("{text}[tokens]\nrefresh_grace = 0\n"),
    );
    let servers = two_servers(&home, &[]);
    let code = Visitor::new(&servers[0]).sign_in("app", "ann", PASSWORD);
    let token = redeem(&servers[1], "app", &code).text("refresh_token");
    let answers = at_once(&servers, |server| refresh(server, "app", &token));
    let won = winner(&answers, 400, "invalid_grant");
    // Whoever came after the winner has ended the grant; a further use does in any case.
    for token in [token, won.text("refresh_token")] {
        let late = refresh(&servers[0], "app", &token);
        assert_eq!(late.text("error"), "invalid_grant");
    }
}

#[test]
fn two_servers_on_one_file_use_an_assertion_once() {
    let home = furnished();
    let key = Key::generate(Algorithm::Es256).unwrap();
    let keys = json!({ "keys": [key.public().unwrap()] });
    home.file("keys.json", &keys.to_string());
    let add = ["client", "add", "signing", "--grant", "client_credentials"];
    let signs = ["--auth-method", "private_key_jwt", "--jwks", "keys.json"];
    home.run(&[&add[..], &signs].concat()).ok();
    let servers = two_servers(&home, &[]);
    for round in 0..3 {
        let now = grantor_http::system().now().as_secs();
        let claims: Value = json!({
            "iss": "signing", "sub": "signing", "aud": ISSUER, "iat": now, "exp": now + 60,
            "jti": round.to_string(),
        });
        let assertion = jwt::sign(&key, jwt::Typ::CLIENT_ASSERTION, &claims).unwrap();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion.as_str()),
        ];
        let answers = at_once(&servers, |server| server.post("/token", &form));
        winner(&answers, 401, "invalid_client");
    }
}

#[test]
fn two_servers_on_one_file_keep_one_answer_to_a_pushed_request() {
    let home = furnished();
    let servers = two_servers(&home, &[]);
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    for _ in 0..3 {
        let pushed = servers[0].post(
            "/par",
            &[
                ("response_type", "code"),
                ("client_id", "app"),
                ("redirect_uri", REDIRECT_URI),
                ("code_challenge", challenge),
                ("code_challenge_method", "S256"),
            ],
        );
        assert_eq!(pushed.status, 201, "{pushed:?}");
        let request_uri = pushed.text("request_uri");
        let query = to_form(&[("client_id", "app"), ("request_uri", &request_uri)]);
        let url = format!("/authorize?{query}");
        // Each user in a browser of their own, at a server of their own.
        let users = ["ann", "ben"].into_iter().zip(&servers);
        let mut asked: Vec<(Visitor<'_>, Answer)> = users
            .map(|(name, server)| {
                let mut visitor = Visitor::new(server);
                let login = visitor.go(&url);
                let fill = [("username", name), ("password", PASSWORD)];
                let signed_in = visitor.send(&login, &fill);
                let next = signed_in.headers("location").next().unwrap().to_owned();
                let consent = visitor.go(&next);
                assert!(!hidden(&consent, "csrf").is_empty());
                (visitor, consent)
            })
            .collect();
        let statuses: Vec<u16> = thread::scope(|scope| {
            let answering: Vec<_> = asked
                .iter_mut()
                .map(|(visitor, consent)| {
                    scope.spawn(move || visitor.send(consent, &[("decision", "allow")]).status)
                })
                .collect();
            answering
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        let kept = statuses.iter().filter(|status| **status == 303).count();
        let refused = statuses.iter().filter(|status| **status == 400).count();
        assert_eq!((kept, refused), (1, 1), "{statuses:?}");
        assert_eq!(get(servers[1].address, &url, &[]).status, 400);
    }
}

#[test]
fn two_servers_on_one_file_give_a_device_its_tokens_once() {
    let home = furnished();
    let servers = two_servers(&home, &[]);
    for _ in 0..3 {
        let begun = servers[0].post("/device_authorization", &[("client_id", "tv")]);
        assert_eq!(begun.status, 200, "{begun:?}");
        let mut visitor = Visitor::new(&servers[1]);
        let page = visitor.go("/device");
        let user_code = begun.text("user_code");
        let login = visitor.send_code(&page, &user_code);
        let login = visitor.go(login.headers("location").next().unwrap());
        let signed_in = visitor.send(&login, &[("username", "ann"), ("password", PASSWORD)]);
        let consent = visitor.go(signed_in.headers("location").next().unwrap());
        let done = visitor.send(&consent, &[("decision", "allow")]);
        assert_eq!(done.status, 200, "{done:?}");
        let form = [
            ("grant_type", DEVICE_CODE),
            ("client_id", "tv"),
            ("device_code", &begun.text("device_code")),
        ];
        let answers = at_once(&servers, |server| server.post("/token", &form));
        winner(&answers, 400, "invalid_grant");
    }
}
