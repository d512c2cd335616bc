//! `grantor decode`.

use grantor_jose::{Algorithm, Key, KeySet, base64url, jwt};
use serde_json::{Value, json};

use crate::api::{Api, Scripted};
use crate::grantor::{Done, Home};

const FAR: i64 = 4_102_444_800;

fn decode(home: &Home, token: impl Into<Vec<u8>>, more: &[&str]) -> Done {
    let command = home.command(&[&["decode"], more].concat());
    command.input(token).run()
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let (header, claims) = (header.to_string(), claims.to_string());
    format!(
        "{}.{}.AA",
        base64url::encode(header),
        base64url::encode(claims)
    )
}

/// A key, and a file with its public half.
fn key(home: &Home, name: &str) -> (Key, String) {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let keys = KeySet::from_iter([key.public().unwrap().clone()]);
    let file = home.file(name, &serde_json::to_string(&keys).unwrap());
    (key, file)
}

fn signed(key: &Key, exp: i64) -> String {
    let claims = json!({ "iss": "https://id.example", "sub": "ann", "exp": exp, "iat": 0 });
    jwt::sign(key, jwt::Typ::ACCESS_TOKEN, &claims).unwrap()
}

/// Asserts that the token was shown, and then a failure was reported.
#[track_caller]
fn shown_and(done: &Done, code: i32, out: &str, err: &str) {
    assert_eq!(done.code, Some(code), "{done:?}");
    assert!(done.out.contains(out), "{done:?}");
    assert!(done.err.contains(err), "{done:?}");
}

#[test]
fn shows_a_token_with_readable_times_and_says_that_nothing_is_verified() {
    let home = Home::new();
    let token = signed(&key(&home, "keys").0, FAR);
    let done = decode(&home, format!("{token}\n"), &[]).ok();
    for part in [
        "signed token, not verified",
        "\"alg\": \"ES256\"",
        "\"sub\": \"ann\"",
        "exp         2100-01-01T00:00:00Z, in ",
        "iat         1970-01-01T00:00:00Z, ",
        " years ago",
    ] {
        assert!(done.out.contains(part), "{part}: {}", done.out);
    }
    let signature = token.rsplit('.').next().unwrap();
    assert!(!done.out.contains(signature));
    let file = home.file("token", &token);
    let by_file = home.run(&["decode", "--token-file", &file]).ok();
    assert_eq!(by_file.out.lines().next(), done.out.lines().next());
    let by_variable = home.command(&["decode"]).env("GRANTOR_TOKEN", &token);
    by_variable.run().ok();
    decode(&home, format!("Bearer {token}"), &[]).ok();
}

#[test]
fn a_signature_is_verified_with_the_keys_of_a_file() {
    let home = Home::new();
    let (mine, file) = key(&home, "mine");
    let (_, others) = key(&home, "others");
    let token = signed(&mine, FAR);
    let done = decode(&home, &*token, &["--jwks", &file]).ok();
    let thumbprint = mine.public().unwrap().thumbprint();
    assert!(
        done.out.contains("signed token, verified: ES256"),
        "{done:?}"
    );
    assert!(done.out.contains(&thumbprint), "{done:?}");

    let json = decode(&home, &*token, &["--jwks", &file, "--json"])
        .ok()
        .json();
    assert_eq!(json["verified"], true);
    assert_eq!(json["key"]["thumbprint"], thumbprint);
    assert_eq!(json["claims"]["sub"], "ann");
    assert_eq!(json["times"]["exp"]["time"], "2100-01-01T00:00:00Z");
    assert_eq!(json["expired"], false);

    let pem = home.file("pem", &mine.public().unwrap().to_pem());
    decode(&home, &*token, &["--jwks", &pem]).ok();
    let jwk = home.file(
        "jwk",
        &serde_json::to_string(mine.public().unwrap()).unwrap(),
    );
    decode(&home, &*token, &["--jwks", &jwk]).ok();

    let unknown = decode(&home, &*token, &["--jwks", &others]);
    shown_and(&unknown, 10, "NOT VERIFIED", "no key fits");
    assert!(!unknown.err.contains("skipped"), "{unknown:?}");
    let short =
        json!({ "kty": "RSA", "kid": "k1", "n": base64url::encode([0xff; 64]), "e": "AQAB" });
    let skipped = home.file("skipped", &json!({ "keys": [short] }).to_string());
    let skipped = decode(&home, &*token, &["--jwks", &skipped]);
    let reason = "key 1 of the set was skipped: ";
    shown_and(&skipped, 10, "NOT VERIFIED", reason);
    assert!(skipped.out.contains(reason), "{skipped:?}");
    let (start, _) = token.rsplit_once('.').unwrap();
    let altered = format!("{start}.{}", base64url::encode([1; 64]));
    let wrong = decode(&home, altered, &["--jwks", &file, "--json"]);
    shown_and(
        &wrong,
        10,
        "\"verified\":false",
        "\"code\":\"bad_signature\"",
    );
    let none = unsigned(&json!({"alg": "none"}), &json!({}));
    shown_and(
        &decode(&home, none, &["--jwks", &file]),
        10,
        "NOT VERIFIED",
        "\"alg\"",
    );
}

#[test]
fn problems_differ_by_the_exit_code() {
    let home = Home::new();
    let (key, file) = key(&home, "keys");
    let expired = signed(&key, 1000);
    shown_and(
        &decode(&home, &*expired, &[]),
        11,
        "EXPIRED",
        "the token has expired",
    );
    let verified = decode(&home, &*expired, &["--jwks", &file]);
    shown_and(&verified, 11, "verified: ES256", "the token has expired");
    let early = unsigned(&json!({"alg": "ES256"}), &json!({"nbf": FAR}));
    shown_and(
        &decode(&home, early, &[]),
        11,
        "NOT VALID YET",
        "not valid yet",
    );
    decode(&home, "opaque", &[]).fails(12, &["grantor introspect"]);
    let json = decode(&home, "opaque", &["--json"]);
    assert_eq!(
        serde_json::from_str::<Value>(&json.err).unwrap()["code"],
        "malformed"
    );
}

#[test]
fn junk_is_malformed_and_no_panic() {
    let home = Home::new();
    let header = base64url::encode("{\"alg\":\"ES256\"}");
    let deep = base64url::encode("[".repeat(100_000));
    let twice = base64url::encode("{\"sub\":\"a\",\"sub\":\"b\"}");
    for junk in [
        "...".to_owned(),
        "..".to_owned(),
        "....".to_owned(),
        "a.b.c.d.e.f".to_owned(),
        "\u{feff}x.y.z".to_owned(),
        "{\"payload\":\"\",\"signatures\":[]}".to_owned(),
        format!("{header}.{header}.!"),
        format!("{header}.{deep}.AA"),
        format!("{header}.{twice}.AA"),
        format!("{header}.{}.AA", base64url::encode([0xff, 0xfe])),
        format!("{header}.{}.AA", base64url::encode("[]")),
        format!("{header}=.{header}.AA"),
        format!("{header}.AA.AA.AA.?"),
        ".".repeat(1024 * 1024),
    ] {
        decode(&home, junk, &[]).fails(12, &["no token that can be decoded"]);
    }
    decode(&home, [0xff, 0xfe, 0x00], &[]).fails(12, &["not text in UTF-8"]);
    decode(&home, vec![b'a'; 2 * 1024 * 1024], &[]).fails(12, &["longer than 1 MiB"]);
    decode(&home, "", &[]).fails(2, &["the token is empty"]);
    home.run(&["decode", "--token-file", "missing"])
        .fails(1, &["the token can't be read from missing"]);
}

#[test]
fn numbers_and_texts_of_a_hostile_token_do_no_harm() {
    let home = Home::new();
    let claims = json!({
        "exp": 1e300, "iat": -1e300, "nbf": i64::MIN, "sub": "\u{1b}[2J\u{9b}31m\u{202e}x",
    });
    let done = decode(&home, unsigned(&json!({"alg": "ES256"}), &claims), &[]).ok();
    assert!(done.out.contains("since 1970"), "{done:?}");
    let clean = |c: char| !c.is_control() && c != '\u{202e}';
    assert!(done.out.chars().all(|c| c == '\n' || clean(c)), "{done:?}");
}

#[test]
fn of_an_encrypted_token_the_header_is_shown() {
    let home = Home::new();
    let (_, file) = key(&home, "keys");
    let header = base64url::encode(r#"{"alg":"ECDH-ES","enc":"A256GCM","kid":"k1"}"#);
    let token = format!("{header}..AAAA.AAAA.AAAA");
    let done = decode(&home, &*token, &[]).ok();
    assert!(
        done.out.contains("encrypted token") && done.out.contains("k1"),
        "{done:?}"
    );
    let json = decode(&home, &*token, &["--json"]).ok().json();
    assert_eq!(json["type"], "encrypted");
    shown_and(
        &decode(&home, token, &["--jwks", &file]),
        10,
        "k1",
        "inside",
    );
}

#[test]
fn a_token_of_a_server_is_verified_with_the_keys_that_it_publishes() {
    let home = Home::new();
    let secret = home.add_service("job", &[]);
    let file = home.file(
        "c.toml",
        "[tokens]\nformat = \"es256\"\naudience = \"https://api.example\"\n",
    );
    let server = home.serve(&["--config", &file]);
    let token = server.ask_token("job", &secret).text("access_token");
    let issuer = server.issuer.as_str();
    let done = decode(&home, &*token, &["--issuer", issuer]).ok();
    assert!(
        done.out.contains("verified: ES256 with the key \""),
        "{done:?}"
    );
    let jwks = format!("{issuer}/jwks");
    decode(&home, &*token, &["--jwks", &jwks]).ok();

    // The same keys under another issuer's name are not that issuer's word.
    let keys = Scripted::new("200 OK", server.get("/jwks").body);
    let api = Api::answering(vec![keys]);
    decode(&home, &*token, &["--jwks", &api.url("/keys")]).ok();
    home.run(&["backup", "copy.db"]).ok();
    std::fs::create_dir(home.path("other")).unwrap();
    let key = |folder: &str| home.path(folder).join("master.key");
    std::fs::copy(key("grantor-data"), key("other")).unwrap();
    home.run(&["restore", "copy.db", "--data", "other"]).ok();
    let other = home.serve(&["--config", &file, "--data", "other"]);
    let done = decode(&home, token, &["--issuer", &other.issuer]);
    shown_and(&done, 10, "NOT VERIFIED", "\"iss\" is another");
}

#[test]
fn keys_that_can_not_be_fetched_say_why() {
    let home = Home::new();
    let token = signed(&key(&home, "keys").0, FAR);
    let with = |jwks: &str| decode(&home, &*token, &["--jwks", jwks]);
    with("missing").fails(1, &["the keys can't be read from missing"]);
    with("http://127.0.0.1:1/keys").fails(5, &["no keys from http://127.0.0.1:1/keys"]);
    with("http://id.example/keys").fails(2, &["https"]);
    let junk = home.file("junk", "no keys");
    with(&junk).fails(3, &["the keys of"]);
    let secret = home.file("secret", r#"{"keys":[{"kty":"oct","k":"aHVudGVyMg"}]}"#);
    let done = with(&secret);
    done.fails(3, &["private key"]);
    assert!(!done.err.contains("aHVudGVyMg"));
    let busy = Api::answering(vec![
        Scripted::new("503 Service Unavailable", ""),
        Scripted::new("404 Not Found", ""),
    ]);
    with(&busy.url("/")).fails(5, &["status 503", "try again later"]);
    with(&busy.url("/")).fails(3, &["status 404"]);
}
