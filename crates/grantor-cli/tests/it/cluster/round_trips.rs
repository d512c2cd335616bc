//! How often a server waits for a database that is far away, by the time that its answers take.

use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use grantor_core::CodeVerifier;
use grantor_jose::{Algorithm, Key, base64url, jwt};
use grantor_testservers::{Network, Postgres, Proxy, Redis};
use serde_json::json;

use crate::grantor::{Home, Run, Serving};
use crate::web::{self, Answer, REDIRECT_URI, VERIFIER, Visitor};

/// How late the answers of the database are: longer than a server works on a request.
const LATE: Duration = Duration::from_millis(200);
/// As many as a request uses at once, and more.
const CONNECTIONS: usize = 6;
const ISSUER: &str = "http://127.0.0.1:8787";
const PASSWORD: &str = "correct horse battery staple";
const SIGNING: &str = "signing";

const EXPECTED: [(&str, u128); 5] = [
    ("client credentials", 1),
    ("client credentials by an assertion, which is remembered", 2),
    ("code exchange", 3),
    ("refresh with rotation", 3),
    ("refresh without rotation", 2),
];

#[test]
fn a_token_request_waits_for_postgres_as_often_as_it_has_to() {
    let database = Postgres::start().unwrap();
    let proxy = Proxy::start(database.port()).unwrap();
    measure(&database.url(), &database.url_at(proxy.port()), &proxy);
}

#[test]
fn a_token_request_waits_for_redis_as_often_as_it_has_to() {
    let database = Redis::start().unwrap();
    let proxy = Proxy::start(database.port()).unwrap();
    let far = format!("redis://127.0.0.1:{}/", proxy.port());
    measure(&database.url(), &far, &proxy);
}

/// On a busy machine a request may take longer than its waits. Not each time.
fn measure(near: &str, far: &str, proxy: &Proxy) {
    let home = Home::new();
    let secrets = furnish(&home, near);
    let mut fewest = [u128::MAX; 5];
    for _ in 0..5 {
        proxy.set(Network::Works);
        let counted = count(&home, near, far, proxy, &secrets);
        for (least, counted) in fewest.iter_mut().zip(counted) {
            *least = counted.min(*least);
        }
        if fewest == EXPECTED.map(|(_, waits)| waits) {
            return;
        }
    }
    panic!("{fewest:?} waits, not {EXPECTED:?}");
}

fn with(run: Run, url: &str) -> Run {
    run.env("GRANTOR_STORE_URL", url)
        .env("GRANTOR_MASTER_KEY", &base64url::encode([7; 32]))
}

/// The secrets of a service, and of an application that keeps its refresh tokens.
fn furnish(home: &Home, url: &str) -> [String; 2] {
    let grants = ["--grant", "authorization_code,refresh_token"];
    let redirect = ["--redirect-uri", REDIRECT_URI];
    let add = |args: &[&str]| {
        let all = [&["client", "add", "--json"], args].concat();
        let added = with(home.command(&all), url).run().ok().json();
        added["client_secret"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    add(&[&["spa", "--public"], &grants[..], &redirect].concat());
    let keys = json!({ "keys": [key().public().unwrap()] }).to_string();
    let keys = home.file("keys.json", &keys);
    add(&[SIGNING, "--grant", "client_credentials", "--jwks", &keys]);
    let user = home.command(&["user", "add", "ann"]).input(PASSWORD);
    with(user, url).run().ok();
    [
        add(&["job", "--grant", "client_credentials"]),
        add(&[&["app"], &grants[..], &redirect].concat()),
    ]
}

/// The waits of each request, at a server that is new to client and user.
fn count(home: &Home, near: &str, far: &str, proxy: &Proxy, secrets: &[String; 2]) -> [u128; 5] {
    let [job, app] = secrets;
    let serve = |url| with(home.serve_command(&["--issuer", ISSUER]), url).serve();
    let (near, far) = (serve(near), serve(far));
    let mut visitor = Visitor::new(&near);
    let codes = [
        visitor.sign_in("spa", "ann", PASSWORD),
        visitor.sign_in_again("app"),
    ];
    open_connections(&far, proxy);
    proxy.set(Network::AnswersLate(LATE));
    let _ = far.ask_token("job", job);
    let waits = |form: &[(&str, &str)]| {
        let began = Instant::now();
        let answer = web::post(far.address, "/token", form, &[]);
        let waits = began.elapsed().as_millis() / LATE.as_millis();
        assert_eq!(answer.status, 200, "{answer:?}");
        (answer, waits)
    };
    let service = [("grant_type", "client_credentials"), ("client_id", "job")];
    let (_, credentials) = waits(&[&service[..], &[("client_secret", job)]].concat());
    // The copy of a client lasts for a second.
    let _ = waits(&texts(&by_assertion()));
    let (_, by_assertion) = waits(&texts(&by_assertion()));
    let (public, confidential) = (
        [("client_id", "spa")],
        [("client_id", "app"), ("client_secret", &**app)],
    );
    let verifier = CodeVerifier::from_random(VERIFIER);
    let (tokens, exchange) = waits(&redemption(&codes[0], &verifier, &public));
    let (_, rotating) = waits(&refreshing(&tokens.text("refresh_token"), &public));
    let (tokens, _) = waits(&redemption(&codes[1], &verifier, &confidential));
    let (_, keeping) = waits(&refreshing(&tokens.text("refresh_token"), &confidential));
    proxy.set(Network::Works);
    [credentials, by_assertion, exchange, rotating, keeping]
}

/// The key of the client [`SIGNING`].
fn key() -> &'static Key {
    static KEY: LazyLock<Key> = LazyLock::new(|| Key::generate(Algorithm::Es256).unwrap());
    &KEY
}

/// A request for client credentials, with an assertion that was not used yet.
fn by_assertion() -> [(&'static str, String); 3] {
    let now = grantor_http::system().now().as_secs();
    let claims = json!({
        "iss": SIGNING, "sub": SIGNING, "aud": ISSUER, "iat": now, "exp": now + 60,
        "jti": grantor_http::system().random_text::<16>(),
    });
    let assertion = jwt::sign(key(), jwt::Typ::CLIENT_ASSERTION, &claims).unwrap();
    [
        ("grant_type", "client_credentials".to_owned()),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
        ),
        ("client_assertion", assertion),
    ]
}

fn texts<'a>(form: &'a [(&'static str, String); 3]) -> [(&'static str, &'a str); 3] {
    form.each_ref().map(|(name, value)| (*name, &**value))
}

/// Opening one takes several round trips, which requests in a running server do not have.
fn open_connections(server: &Serving, proxy: &Proxy) {
    proxy.set(Network::AnswersLate(LATE / 4));
    thread::scope(|scope| {
        for number in 0..CONNECTIONS {
            let ask = move || -> Answer { server.ask_token(&format!("unknown {number}"), "x") };
            scope.spawn(ask);
        }
    });
}

fn redemption<'a>(
    code: &'a str,
    verifier: &'a CodeVerifier,
    client: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", verifier.expose()),
    ];
    [&form[..], client].concat()
}

fn refreshing<'a>(token: &'a str, client: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    [&form[..], client].concat()
}
