//! Programs that print tokens.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use grantor_client::{ClientCredential, TokenExecutable, Tokens};
use grantor_core::token_type;
use serde_json::json;
use tempfile::TempDir;

use crate::cloud::{Cloud, form, text, variables};
use crate::support::{ISSUER, World};

/// A program of the shell, and the folder that it is in.
fn program(script: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("program");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    (folder, path)
}

fn printed(members: &str) -> String {
    format!("printf '%s' '{{\"version\": 1, {members}}}'")
}

async fn error(
    script: &str,
    change: impl Fn(TokenExecutable) -> TokenExecutable,
) -> grantor_client::Error {
    let world = World::new();
    let (_folder, path) = program(script);
    let executable = change(TokenExecutable::new(path).arg("s3cret"));
    let exchange = Tokens::token_exchange(ISSUER, "", ClientCredential::None);
    let tokens = world
        .thread(exchange.subject_of_workload(executable))
        .build()
        .unwrap();
    let error = tokens.get().await.unwrap_err();
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    world.server.assert_token_requests(0);
    error
}

#[tokio::test]
async fn a_program_prints_a_token_and_its_type() {
    let world = World::new();
    world.server.trust_token("<saml/>");
    let members = format!(
        r#""success": true, "token_type": "{}", "saml_response": "<saml/>", "expiration_time": 4102444800"#,
        token_type::SAML2
    );
    let (_folder, path) = program(&printed(&members));
    let exchange = Tokens::token_exchange(ISSUER, "", ClientCredential::None);
    let tokens = exchange.subject_of_workload(TokenExecutable::new(path));
    world.thread(tokens).build().unwrap().get().await.unwrap();
    let sent = world.server.last_token_request().unwrap();
    assert_eq!(sent.parameter("subject_token").unwrap(), "<saml/>");
    assert_eq!(
        sent.parameter("subject_token_type").unwrap(),
        token_type::SAML2
    );
}

#[tokio::test]
async fn a_program_that_fails_or_prints_something_else_gives_no_token() {
    let same = |executable| executable;
    let script = printed(r#""success": false, "code": "401", "message": "s3cret""#);
    let refused = error(&script, same).await;
    assert!(
        refused.is_refused() && refused.to_string().contains("401"),
        "{refused}"
    );
    for script in [
        "echo s3cret; exit 3",
        "echo s3cret",
        "true",
        "yes s3cret | head -c 400000",
        &printed(r#""success": true, "token_type": "x", "id_token": "s3cret""#),
        &printed(&format!(
            r#""success": true, "token_type": "{}""#,
            token_type::JWT
        )),
        &printed(&format!(
            r#""success": true, "token_type": "{}", "id_token": "s3cret""#,
            token_type::JWT
        ))
        .replace("\"version\": 1", "\"version\": 2"),
    ] {
        let error = error(script, same).await;
        assert!(error.is_refused(), "{script}: {error}");
    }
    let ended = format!(
        r#""success": true, "token_type": "{}", "id_token": "s3cret", "expiration_time": 1"#,
        token_type::JWT
    );
    assert!(error(&printed(&ended), same).await.is_transient());
}

#[tokio::test]
async fn a_program_that_does_not_end_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let started = folder.path().join("started");
    let script = format!("echo $$ > {}\nexec sleep 600", started.display());
    let slow = |executable: TokenExecutable| executable.time_limit(Duration::from_millis(500));
    let error = error(&script, slow).await;
    assert!(
        error.is_transient() && error.to_string().contains("0.5 s"),
        "{error}"
    );
    let process = fs::read_to_string(started).unwrap();
    let status = format!("/proc/{}/stat", process.trim());
    // The system may need a moment to bury it.
    for _ in 0..1000 {
        match fs::read_to_string(&status) {
            Ok(text) if !text.contains(" Z ") => tokio::task::yield_now().await,
            _ => return,
        }
    }
    panic!("it is alive");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_a_mistake_of_the_configuration() {
    let world = World::new();
    let exchange = Tokens::token_exchange(ISSUER, "", ClientCredential::None);
    let tokens = exchange.subject_of_workload(TokenExecutable::new("/nowhere/at/all"));
    let error = world
        .thread(tokens)
        .build()
        .unwrap()
        .get()
        .await
        .unwrap_err();
    assert!(
        error.is_configuration() && error.to_string().contains("/nowhere"),
        "{error}"
    );
}

#[tokio::test]
async fn an_external_account_runs_its_program_where_that_is_allowed() {
    let world = World::new();
    let (_folder, path) = program(&format!(
        r#"printf '{{"version": 1, "success": true, "token_type": "{}", "id_token": "%s|%s|%s"}}' \
        "$1" "$GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE" "$GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL""#,
        token_type::ID_TOKEN
    ));
    let mut file = json!({
        "type": "external_account",
        "audience": "pool",
        "subject_token_type": token_type::ID_TOKEN,
        "token_url": "https://sts.example/token",
        "service_account_impersonation_url": "https://iam.example/accounts/a@p:generateAccessToken",
        "credential_source": { "executable": {
            "command": format!("{} \"two words\"", path.display()), "timeout_millis": 20000,
        }},
    });
    let allowed = || variables(&[("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1")]);
    let builder = Tokens::google_json_in(&file.to_string(), allowed()).unwrap();
    let sts = |_: &_| text(r#"{"access_token": "f", "token_type": "Bearer", "expires_in": 9}"#);
    let account = |_: &_| text(r#"{"accessToken": "a", "expireTime": "2100-01-01T00:00:00Z"}"#);
    let cloud = Cloud::default()
        .with("https://sts.example/token", sts)
        .with("https://iam.example/", account);
    let (tokens, sent) = cloud.tokens(&world, builder);
    tokens.build().unwrap().get().await.unwrap();
    assert_eq!(form(&sent.sent()[0])["subject_token"], "two words|pool|a@p");
    file["credential_source"]["executable"]["command"] = "program".into();
    let relative = Tokens::google_json_in(&file.to_string(), allowed()).unwrap_err();
    assert!(relative.to_string().contains("absolute"), "{relative}");
}
