//! `token` by other grants than client credentials.

use serde_json::{Value, json};

use crate::api::{Api, Scripted};
use crate::grantor::{Done, Home, Run};

/// A server whose token endpoint gives these answers.
fn answering(answers: &[(&'static str, Value)]) -> Api {
    let answers = answers.iter();
    let answers = answers.map(|(status, body)| Scripted::new(status, body.to_string()));
    Api::answering(answers.collect())
}

fn token(home: &Home, api: &Api, more: &[&str]) -> Run {
    let url = api.url("/token");
    let common = ["token", "--client-id", "job", "--token-endpoint", &url];
    let run = home.command(&[&common, more].concat());
    run.env("GRANTOR_CLIENT_SECRET", "a-client-secret")
}

#[track_caller]
fn sent(api: &Api, parts: &[&str]) {
    let request = api.seen().pop().unwrap();
    for part in parts {
        assert!(request.contains(part), "{part}: {request}");
    }
}

fn good(token: &str, more: &Value) -> (&'static str, Value) {
    let mut answer = json!({ "access_token": token, "token_type": "Bearer", "expires_in": 600 });
    for (name, value) in more.as_object().into_iter().flatten() {
        answer[name] = value.clone();
    }
    ("200 OK", answer)
}

#[test]
fn a_users_password_comes_from_a_file_or_a_variable() {
    let home = Home::new();
    let api = answering(&[good("at", &json!({}))]);
    let file = home.file("password", " a b \n");
    let from_file = ["--username", "ann", "--password-file", &file];
    assert_eq!(token(&home, &api, &from_file).run().ok().out, "at\n");
    sent(
        &api,
        &["grant_type=password", "username=ann", "password=+a+b+"],
    );
    let public = ["--username", "ann", "--auth-method", "none"];
    let by_variable = token(&home, &api, &public).env("GRANTOR_PASSWORD", "s3cret");
    by_variable.run().ok();
    sent(&api, &["password=s3cret", "client_id=job"]);
    assert!(!api.seen().pop().unwrap().contains("a-client-secret"));
    let without = token(&home, &api, &["--username", "ann"]).run();
    without.fails(2, &["no password", "GRANTOR_PASSWORD", "--password-file"]);
    let lonely = token(&home, &api, &["--password-file", &file]).run();
    lonely.fails(2, &["--username"]);
}

#[test]
fn a_token_is_exchanged_with_its_kind_and_its_actor() {
    let home = Home::new();
    let issued = json!({ "issued_token_type": "urn:ietf:params:oauth:token-type:jwt" });
    let api = answering(&[good("exchanged", &issued)]);
    let subject = home.file("subject", "subject-token\n");
    let actor = home.file("actor", "actor-token\n");
    let options = [
        "--subject-token-file",
        &subject,
        "--subject-token-type",
        "id_token",
        "--actor-token-file",
        &actor,
        "--actor-token-type",
        "urn:example:own",
        "--requested-token-type",
        "jwt",
        "--audience",
        "orders",
    ];
    assert_eq!(token(&home, &api, &options).run().ok().out, "exchanged\n");
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3A";
    sent(
        &api,
        &[
            &format!("grant_type={kind}grant-type%3Atoken-exchange"),
            "subject_token=subject-token",
            &format!("subject_token_type={kind}token-type%3Aid_token"),
            "actor_token=actor-token",
            "actor_token_type=urn%3Aexample%3Aown",
            &format!("requested_token_type={kind}token-type%3Ajwt"),
            "audience=orders",
        ],
    );
    let lonely = token(&home, &api, &["--actor-token-file", &actor]).run();
    lonely.fails(2, &["--subject-token-file"]);
}

#[test]
fn a_token_is_exchanged_for_a_public_client_and_for_no_client() {
    let home = Home::new();
    let api = answering(&[good("exchanged", &json!({}))]);
    let subject = home.file("subject", "subject-token\n");
    let url = api.url("/token");
    let exchange = |more: &[&str]| {
        let common = ["token", "--token-endpoint", &url];
        let subject = ["--subject-token-file", subject.as_str()];
        home.command(&[&common[..], &subject, more].concat())
    };
    let public = ["--auth-method", "none"];
    let named = ["--auth-method", "none", "--client-id", "app"];
    for (more, client) in [(&[][..], ""), (&public, ""), (&named, "client_id=app")] {
        assert_eq!(exchange(more).run().ok().out, "exchanged\n");
        sent(&api, &["subject_token=subject-token", client]);
        let request = api.seen().pop().unwrap();
        assert!(!request.contains("authorization: "), "{request}");
        assert_eq!(request.contains("client_id"), !client.is_empty());
    }
    // A secret belongs to somebody.
    let secret = home.file("secret", "s3cret");
    let without_client_id = [
        exchange(&["--secret-file", &secret]),
        exchange(&[]).env("GRANTOR_CLIENT_SECRET", "s3cret"),
        exchange(&["--auth-method", "client_secret_basic"]),
    ];
    for run in without_client_id {
        run.run().fails(2, &["--client-id", "GRANTOR_CLIENT_ID"]);
    }
    // Other grants are for clients.
    let own = home.command(&["token", "--token-endpoint", &url]).run();
    own.fails(2, &["--client-id"]);
    assert_eq!(api.seen().len(), 3);
}

#[test]
fn a_refresh_token_goes_on_in_the_store_and_its_end_is_reported() {
    let home = Home::new();
    let file = home.file("refresh", "first-refresh-token\n");
    let lost = json!({ "error": "invalid_grant" });
    let api = answering(&[
        good("one", &json!({ "refresh_token": "second-refresh-token" })),
        good("two", &json!({ "refresh_token": "third-refresh-token" })),
        ("400 Bad Request", lost),
    ]);
    let run = |more: &[&str]| -> Done {
        let login = ["--refresh-token-file", &file, "--store", "tokens.db"];
        token(&home, &api, &[&login, more].concat()).run()
    };
    assert_eq!(run(&[]).ok().out, "one\n");
    sent(
        &api,
        &[
            "grant_type=refresh_token",
            "refresh_token=first-refresh-token",
        ],
    );
    let again = run(&["--json"]).ok();
    assert_eq!(again.json()["access_token"], "one");
    assert!(!again.out.contains("refresh"), "{again:?}");
    assert_eq!(api.seen().len(), 1);
    assert_eq!(run(&["--renew"]).ok().out, "two\n");
    sent(&api, &["refresh_token=second-refresh-token"]);
    let over = run(&["--renew", "--json"]);
    assert_eq!(over.code, Some(4), "{over:?}");
    let error: Value = serde_json::from_str(&over.err).unwrap();
    assert_eq!(error["code"], "needs_login");
    assert_eq!(error["hint"], "have the user sign in again");
    let alone = ["--refresh-token-file", file.as_str()];
    token(&home, &api, &alone).run().fails(2, &["--store"]);
}

#[test]
fn the_end_of_a_token_is_shown_when_it_is_known() {
    let home = Home::new();
    let api = answering(&[
        good("at", &json!({})),
        ("200 OK", json!({ "access_token": "at" })),
    ]);
    let end = token(&home, &api, &["--show", "expiry"]).run().ok().out;
    assert!(end.starts_with("20") && end.ends_with("Z\n"), "{end}");
    let end = token(&home, &api, &["--show", "expiry"]).run().ok().out;
    assert_eq!(end, "unknown\n");
}
