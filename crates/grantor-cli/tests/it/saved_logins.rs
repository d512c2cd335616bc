//! What commands do with the logins that `grantor login` keeps.

use grantor_core::TokenEndpointAuthMethod;
use grantor_jose::{Algorithm, Key, KeySet};
use grantor_testkit::{Endpoint, FakeListener, FakeServer, Fault};

use crate::grantor::{Home, Run, Serving};
use crate::login::{Waiting, at_home, come_back, login, signed_in};
use crate::web::Visitor;

fn fake() -> FakeListener {
    let server = FakeServer::listen().unwrap();
    server.add_public_client("app");
    server
}

fn token(home: &Home, more: &[&str]) -> Run {
    at_home(home, &[&["token"], more].concat())
}

#[test]
fn a_request_carries_the_token_of_the_only_login() {
    let (home, server) = (Home::new(), fake());
    signed_in(&home, &server, &["--scope", "read"]);
    let api = server.api_url();
    at_home(&home, &["request", api.as_str()]).run().ok();
    server.assert_token_requests(1);
    // The API refuses the token: it is renewed by the login, once.
    server.revoke_access_tokens();
    at_home(&home, &["request", api.as_str()]).run().ok();
    assert_eq!(server.token_requests_of("refresh_token"), 1);
    server.assert_no_refresh_token_was_reused();
}

#[test]
fn of_several_logins_one_is_named() {
    let (home, one, two) = (Home::new(), fake(), fake());
    signed_in(&home, &one, &["--label", "one"]);
    signed_in(&home, &two, &["--label", "two"]);
    let says = [
        "several logins",
        "--login",
        "one (client app at",
        "two (client app at",
    ];
    token(&home, &[]).run().fails(2, &says);
    at_home(&home, &["logout"]).run().fails(2, &says);
    token(&home, &["--login", "three"])
        .run()
        .fails(2, &["no such login", "one", "two"]);
    for (label, server) in [("one", &one), ("two", &two)] {
        let text = token(&home, &["--login", label]).run().ok().out;
        assert!(server.takes_access_token(text.trim_end()), "{label}");
        let issuer = token(&home, &["--issuer", server.issuer().as_str()]);
        assert_eq!(issuer.run().ok().out, text);
    }
    at_home(&home, &["logout", "--login", "one"]).run().ok();
    let left = token(&home, &[]).run().ok().out;
    assert!(two.takes_access_token(left.trim_end()));
    assert_eq!(one.count(Endpoint::Revocation), 2);
    assert_eq!(two.count(Endpoint::Revocation), 0);

    // Its label is taken for another server, and free for the same.
    let issuer = one.issuer().as_str();
    let taken = login(&home, issuer, &["--label", "two"]).run();
    taken.fails(
        2,
        &["the label \"two\"", "--label", "grantor logout --login two"],
    );
    signed_in(&home, &two, &["--label", "two"]);
    token(&home, &[]).run().ok();
}

#[test]
fn a_login_that_is_begun_again_gives_up_the_old_tokens() {
    let (home, server) = (Home::new(), fake());
    signed_in(&home, &server, &[]);
    assert!(server.takes_refresh_token("refresh-0-0"));
    let first = token(&home, &[]).run().ok().out;
    signed_in(&home, &server, &[]);
    assert!(!server.takes_refresh_token("refresh-0-0"));
    assert!(!server.takes_access_token(first.trim_end()));
    assert!(server.takes_refresh_token("refresh-1-0"));
    let second = token(&home, &[]).run().ok().out;
    assert!(server.takes_access_token(second.trim_end()));
    // Where that can't be done, the user is told and signs in all the same.
    server.fail_always(Endpoint::Revocation, Fault::Unavailable(1));
    let issuer = server.issuer().as_str();
    let waiting = Waiting::start(login(&home, issuer, &[]));
    let warning = waiting.said["warning"].as_str().unwrap();
    assert!(warning.contains("stay good until they end"), "{warning}");
    let waiting = waiting.says_next();
    come_back(&server.approve(&waiting.url()));
    waiting.ended().ok();
    token(&home, &[]).run().ok();
}

#[test]
fn the_logins_are_listed() {
    let (home, one, two) = (Home::new(), fake(), fake());
    let none = at_home(&home, &["login", "--list"]).run().ok();
    assert!(none.out.starts_with("no logins yet"), "{}", none.out);
    assert_eq!(
        at_home(&home, &["login", "--list", "--json"])
            .run()
            .ok()
            .json(),
        serde_json::json!([])
    );
    signed_in(&home, &one, &["--label", "one", "--scope", "openid read"]);
    signed_in(&home, &two, &["--label", "two"]);
    let text = at_home(&home, &["login", "--list"]).run().ok().out;
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[0].starts_with("one  client app at http://127.0.0.1:"),
        "{text}"
    );
    assert!(lines[0].contains("user-1  openid read  since "), "{text}");
    let json = at_home(&home, &["login", "--list", "--json"])
        .run()
        .ok()
        .json();
    assert_eq!(json[0]["label"], "one");
    assert_eq!(json[1]["issuer"], two.issuer().as_str());
    // No secret is shown.
    assert!(!text.contains("refresh-") && !text.contains("access-"));
    let both = at_home(&home, &["login", "--list", "--label", "one"]).run();
    both.fails(2, &["--list", "--label"]);
}

#[test]
fn a_logout_without_a_login_says_so() {
    let (home, server) = (Home::new(), fake());
    let logout = ["logout", "--client-id", "app"];
    let without_login = at_home(&home, &logout).run();
    without_login.fails(2, &["there is no login to end"]);
    signed_in(&home, &server, &[]);
    at_home(&home, &logout).run().ok();
    let again = at_home(&home, &logout).run();
    again.fails(2, &["there is no login to end"]);
}

#[test]
fn a_login_that_is_over_says_how_to_begin_again() {
    let (home, server) = (Home::new(), fake());
    signed_in(&home, &server, &["--label", "work"]);
    server.revoke_access_tokens();
    server.fail_always(Endpoint::Token, Fault::Refused("invalid_grant"));
    let api = server.api_url();
    let issuer = server.issuer().as_str();
    let again = format!("grantor login --issuer {issuer} --client-id app --label work");
    for args in [
        &["token", "--renew"][..],
        &["request", "--renew", api.as_str()],
    ] {
        at_home(&home, args)
            .run()
            .fails(4, &["sign in again", &again]);
    }
    // It can be removed all the same.
    at_home(&home, &["logout"]).run().ok();
    token(&home, &[]).run().fails(2, &["no login"]);
}

#[test]
fn a_logout_that_the_server_does_not_answer_keeps_the_login() {
    let (home, server) = (Home::new(), fake());
    signed_in(&home, &server, &[]);
    server.fail_always(Endpoint::Revocation, Fault::Unavailable(1));
    let failed = at_home(&home, &["logout"]).run();
    failed.fails(5, &["is not revoked", "503", "--local"]);
    token(&home, &[]).run().ok();
    at_home(&home, &["logout", "--local"]).run().ok();
    token(&home, &[]).run().fails(2, &["no login"]);

    let without = fake();
    without.set_metadata_member("revocation_endpoint", serde_json::Value::Null);
    signed_in(&home, &without, &[]);
    let done = at_home(&home, &["logout"]).run();
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(
        done.err.contains("warning: the tokens stay good"),
        "{done:?}"
    );
    token(&home, &[]).run().fails(2, &["no login"]);
}

#[test]
fn a_store_of_its_own_has_logins_of_its_own() {
    let (home, server) = (Home::new(), fake());
    let store = ["--store", "mine.db"];
    signed_in(&home, &server, &store);
    token(&home, &[]).run().fails(2, &["no login"]);
    token(&home, &store).run().ok();
    // Without a folder for data, a file has to be named.
    home.run(&["token"]).fails(2, &["no login"]);
    home.run(&["token", "--store", "mine.db"]).ok();
    let issuer = server.issuer().as_str();
    let nowhere = [
        "login",
        "--issuer",
        issuer,
        "--client-id",
        "app",
        "--no-browser",
    ];
    home.run(&nowhere).fails(2, &["XDG_DATA_HOME", "--store"]);
    home.run(&["token", "--forget", "--store", "mine.db"])
        .fails(2, &["grantor logout"]);
    home.run(&["logout", "--store", "mine.db"]).ok();
}

#[test]
fn a_client_is_still_named_by_its_options() {
    let (home, server) = (Home::new(), FakeServer::listen().unwrap());
    server.add_public_client("app");
    server.add_client("job", "s3cret");
    signed_in(&home, &server, &[]);
    let issuer = server.issuer().as_str();
    let named = token(&home, &["--issuer", issuer, "--client-id", "job"]);
    named.env("GRANTOR_CLIENT_SECRET", "s3cret").run().ok();
    assert_eq!(server.token_requests_of("client_credentials"), 1);
    // A client that nothing proves is that of the login; any other needs a secret as before.
    let kept = token(&home, &[]).run().ok().out;
    let by_variable = token(&home, &[]).env("GRANTOR_CLIENT_ID", "app");
    assert_eq!(by_variable.run().ok().out, kept);
    let other = token(&home, &["--issuer", issuer, "--client-id", "other"]);
    other.run().fails(2, &["no client secret"]);
    let forget = ["--client-id", "app", "--forget", "--store"];
    let logins = home.path("share/grantor/logins.db");
    let forget = token(&home, &[&forget[..], &[logins.to_str().unwrap()]].concat());
    forget.run().fails(2, &["grantor logout"]);
    // A secret in the environment is not that of a public client's login.
    let renewed = token(&home, &["--renew"]).env("GRANTOR_CLIENT_SECRET", "s3cret");
    renewed.run().ok();
}

#[test]
fn a_confidential_client_signs_users_in_and_its_secret_is_found_again() {
    let (home, server) = (Home::new(), FakeServer::listen().unwrap());
    server.add_client("app", "s3cret");
    home.file("secret", "s3cret\n");
    signed_in(&home, &server, &["--secret-file", "secret"]);
    token(&home, &["--renew"]).run().ok();
    let last = server.last_token_request().unwrap();
    assert_eq!(
        last.auth_method(),
        Some(TokenEndpointAuthMethod::ClientSecretBasic)
    );
}

/// A client with a key, and a server that knows the public one.
fn keyed(home: &Home) -> Serving {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let key = key.with_key_id("k");
    home.file("key.pem", &key.to_pkcs8_pem().unwrap());
    home.file("key.json", &key.to_private_jwk().unwrap());
    let keys = KeySet::from_iter([key.public().unwrap().clone()]);
    home.file("keys.json", &serde_json::to_string(&keys).unwrap());
    let add = ["client", "add", "app", "--jwks", "keys.json"];
    let uri = ["--redirect-uri", "http://127.0.0.1/callback", "--grant"];
    let grants = ["authorization_code,refresh_token,client_credentials"];
    home.run(&[&add[..], &uri, &grants].concat()).ok();
    home.add_user("ann", "correct horse battery staple");
    home.serve(&[])
}

#[test]
fn a_client_proves_by_its_key_who_it_is() {
    let home = Home::new();
    let server = keyed(&home);
    let own = ["--issuer", &server.issuer, "--client-id", "app"];
    let by_pem = ["--client-key", "key.pem", "--client-key-id", "k"];
    let by_jwk = [
        "--client-key",
        "key.json",
        "--auth-method",
        "private_key_jwt",
    ];
    for by_key in [&by_pem[..], &by_jwk] {
        let text = token(&home, &[&own[..], by_key].concat()).run().ok().out;
        let asked = at_home(&home, &[&["introspect"], &own[..], by_key].concat());
        asked.input(text.clone()).run().ok();
        let revoked = at_home(&home, &[&["revoke"], &own[..], by_key].concat());
        revoked.input(text).run().ok();
    }
    let waiting = Waiting::start(login(&home, &server.issuer, &by_pem));
    let mut visitor = Visitor::new(&server);
    let password = "correct horse battery staple";
    come_back(&visitor.approve(&waiting.url(), "ann", password));
    waiting.ended().ok();
    // The login remembers where the key is.
    token(&home, &["--renew"]).run().ok();
    at_home(&home, &["logout"]).run().ok();

    home.file("other.pem", "hunter2");
    let other = token(&home, &[&own[..], &["--client-key", "other.pem"]].concat()).run();
    other.fails(3, &["--client-key other.pem", "BEGIN PRIVATE KEY"]);
    assert!(!other.err.contains("hunter2"), "{other:?}");
    let none = token(
        &home,
        &[&own[..], &["--auth-method", "private_key_jwt"]].concat(),
    );
    none.run().fails(2, &["give --client-key"]);
}

#[test]
fn tokens_are_bound_to_a_key() {
    let (home, server) = (Home::new(), FakeServer::listen().unwrap());
    server.add_public_client("app");
    server.add_client("job", "s3cret");
    server.require_dpop();
    server.require_dpop_nonces();
    let api = server.api_url();
    signed_in(&home, &server, &["--dpop"]);
    let header = token(&home, &["--show", "header"]).run().ok().out;
    assert!(header.starts_with("Authorization: DPoP "), "{header}");
    at_home(&home, &["request", api.as_str()]).run().ok();
    at_home(&home, &["request", "--renew", api.as_str()])
        .run()
        .ok();
    token(&home, &["--dpop"])
        .run()
        .fails(2, &["the key that it began with"]);

    at_home(&home, &["logout"]).run().ok();
    assert_eq!(server.count(Endpoint::Revocation), 2);
    let issuer = server.issuer().as_str();
    let own = ["--issuer", issuer, "--client-id", "job"];
    let by_client = |command: &str, more: &[&str]| {
        let run = at_home(&home, &[&[command], &own[..], more].concat());
        run.env("GRANTOR_CLIENT_SECRET", "s3cret").run()
    };
    by_client("request", &["--dpop", api.as_str()]).ok();
    by_client("token", &["--dpop"]).fails(2, &["--dpop-key", "--store"]);
    by_client("token", &["--dpop", "--store", "tokens.db"]).ok();
    let key = Key::generate(Algorithm::Es256).unwrap();
    home.file("dpop.pem", &key.to_pkcs8_pem().unwrap());
    let bound = by_client("token", &["--dpop-key", "dpop.pem"]).ok().out;
    let thumbprint = key.public().unwrap().thumbprint();
    assert_eq!(server.dpop_thumbprint(bound.trim_end()), Some(thumbprint));
}

#[test]
fn the_user_may_be_asked_for_more() {
    let (home, server) = (Home::new(), fake());
    let issuer = server.issuer().as_str();
    let more = [
        "--parameter",
        "prompt=login",
        "--resource",
        "https://api.example/",
    ];
    let waiting = Waiting::start(login(&home, issuer, &more));
    let url = waiting.url();
    let has = |name: &str, value: &str| url.query_pairs().any(|(n, v)| n == name && v == value);
    assert!(
        has("prompt", "login") && has("resource", "https://api.example/"),
        "{url}"
    );
    come_back(&server.approve(&url));
    waiting.ended().ok();
    let away = ["--redirect-uri", "https://id.example/callback"];
    let away = login(&home, issuer, &away).run();
    away.fails(2, &["--redirect-uri"]);
}
