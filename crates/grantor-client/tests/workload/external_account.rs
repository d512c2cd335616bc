//! The JSON files of Google's, as they are.

use bytes::Bytes;
use grantor_client::{Tokens, TokensBuilder};
use grantor_core::token_type;
use http::{Request, Response};
use serde_json::{Value, json};

use crate::cloud::{Cloud, form, header, status, text, variables};
use crate::support::World;

const AUDIENCE: &str =
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/k8s";
const STS: &str = "https://sts.googleapis.com/v1/token";
const IMPERSONATION: &str = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@p.iam.gserviceaccount.com:generateAccessToken";

fn file(source: &Value) -> Value {
    json!({
        "type": "external_account",
        "audience": AUDIENCE,
        "subject_token_type": token_type::JWT,
        "token_url": STS,
        "token_info_url": "https://sts.googleapis.com/v1/introspect",
        "universe_domain": "googleapis.com",
        "credential_source": source,
    })
}

fn read(file: &Value) -> Result<TokensBuilder, grantor_client::Error> {
    Tokens::google_json_in(&file.to_string(), variables(&[]))
}

fn sts(_: &Request<Bytes>) -> Response<Bytes> {
    let issued = "urn:ietf:params:oauth:token-type:access_token";
    let answer = json!({
        "access_token": "federated", "issued_token_type": issued, "token_type": "Bearer",
        "expires_in": 3600,
    });
    text(&answer.to_string())
}

#[tokio::test]
async fn a_file_is_exchanged() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, r#"{"jwt": "projected"}"#).unwrap();
    let format = json!({ "type": "json", "subject_token_field_name": "jwt" });
    let file = file(&json!({ "file": path, "format": format }));
    let builder = read(&file)
        .unwrap()
        .scope("https://www.googleapis.com/auth/cloud-platform");
    let (tokens, sent) = Cloud::default().with(STS, sts).tokens(&world, builder);
    let token = tokens.build().unwrap().get().await.unwrap();
    assert_eq!(token.secret.expose(), "federated");
    let sent = form(&sent.sent()[0]);
    for (name, value) in [
        (
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        ("audience", AUDIENCE),
        ("subject_token", "projected"),
        ("subject_token_type", token_type::JWT),
        ("requested_token_type", token_type::ACCESS_TOKEN),
        ("scope", "https://www.googleapis.com/auth/cloud-platform"),
    ] {
        assert_eq!(sent[name], value, "{name}");
    }
    assert!(!sent.contains_key("client_id"));
}

#[tokio::test]
async fn a_url_is_asked_with_its_headers_and_a_client_and_a_project_go_along() {
    let world = World::new();
    let source =
        json!({ "url": "http://169.254.169.254/token", "headers": { "Metadata": "True" } });
    let mut file = file(&source);
    file["workforce_pool_user_project"] = "my-project".into();
    let cloud = || {
        let cloud = Cloud::default().with(STS, sts);
        cloud.with("http://169.254.169.254/token", |request| {
            match header(request, "metadata") {
                "True" => text("of-the-url"),
                _ => status(400),
            }
        })
    };
    let (tokens, sent) = cloud().tokens(&world, read(&file).unwrap());
    tokens.build().unwrap().get().await.unwrap();
    let sent = form(&sent.sent()[1]);
    assert_eq!(sent["subject_token"], "of-the-url");
    assert_eq!(sent["options"], r#"{"userProject":"my-project"}"#);
    file["client_id"] = "app".into();
    file["client_secret"] = "s3cret".into();
    let (tokens, sent) = cloud().tokens(&world, read(&file).unwrap());
    tokens.build().unwrap().get().await.unwrap();
    let sent = &sent.sent()[1];
    assert_eq!(header(sent, "authorization"), "Basic YXBwOnMzY3JldA==");
    assert!(!form(sent).contains_key("options"));
}

#[tokio::test]
async fn a_service_account_is_impersonated() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "projected").unwrap();
    let mut file = file(&json!({ "file": path }));
    file["service_account_impersonation_url"] = IMPERSONATION.into();
    file["service_account_impersonation"] = json!({ "token_lifetime_seconds": 600 });
    let cloud = |answer: Value| {
        let cloud = Cloud::default().with(STS, sts);
        cloud.with(IMPERSONATION, move |request| {
            match header(request, "authorization") {
                "Bearer federated" if answer["status"].is_u64() => status(503),
                "Bearer federated" => text(&answer.to_string()),
                _ => status(401),
            }
        })
    };
    let end = world.now() + std::time::Duration::from_secs(600);
    let expires = json!({ "accessToken": "of-the-account", "expireTime": "2100-01-01T00:00:00Z" });
    let builder = read(&file).unwrap().scope("a b");
    let (tokens, sent) = cloud(expires).tokens(&world, builder);
    let token = tokens.build().unwrap().get().await.unwrap();
    assert_eq!(token.secret.expose(), "of-the-account");
    assert!(token.expires_at.unwrap() > end);
    let requests = sent.sent();
    let first = form(&requests[0]);
    assert_eq!(
        first["scope"],
        "https://www.googleapis.com/auth/cloud-platform"
    );
    let second: Value = serde_json::from_slice(requests[1].body()).unwrap();
    assert_eq!(second, json!({ "scope": ["a", "b"], "lifetime": "600s" }));
    for (answer, is_transient) in [
        (json!({ "status": 503 }), true),
        (json!({ "accessToken": "x" }), false),
        (
            json!({ "accessToken": "x", "expireTime": "tomorrow" }),
            false,
        ),
    ] {
        let (tokens, _) = cloud(answer).tokens(&world, read(&file).unwrap());
        let error = tokens.build().unwrap().get().await.unwrap_err();
        assert_eq!(error.is_transient(), is_transient, "{error}");
        assert!(error.to_string().contains("impersonation"), "{error}");
    }
}

#[tokio::test]
async fn the_identity_of_an_aws_workload_is_exchanged() {
    let world = World::new();
    let mut file = file(&json!({
        "environment_id": "aws1",
        "region_url": "http://169.254.169.254/latest/meta-data/placement/availability-zone",
        "url": "http://169.254.169.254/latest/meta-data/iam/security-credentials",
        "regional_cred_verification_url":
            "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
    }));
    file["subject_token_type"] = "urn:ietf:params:aws:token-type:aws4_request".into();
    let of = [
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "s3cret"),
        ("AWS_REGION", "us-east-1"),
    ];
    let builder = Tokens::google_json_in(&file.to_string(), variables(&of)).unwrap();
    let (tokens, sent) = Cloud::default().with(STS, sts).tokens(&world, builder);
    tokens.build().unwrap().get().await.unwrap();
    let subject = &form(&sent.sent()[0])["subject_token"];
    assert!(subject.contains("GetCallerIdentity"), "{subject}");
    file["credential_source"]["environment_id"] = "aws2".into();
    assert!(read(&file).unwrap_err().to_string().contains("aws1"));
}

#[tokio::test]
async fn files_of_users_and_service_accounts_are_read_too() {
    let world = World::new();
    let user = json!({
        "type": "authorized_user", "client_id": "app", "client_secret": "s3cret",
        "refresh_token": "1//r", "quota_project_id": "p",
    });
    let cloud = Cloud::default().with("https://oauth2.googleapis.com/token", sts);
    let (tokens, sent) = cloud.tokens(&world, read(&user).unwrap());
    tokens.build().unwrap().get().await.unwrap();
    let sent = form(&sent.sent()[0]);
    assert_eq!(
        (&*sent["grant_type"], &*sent["refresh_token"]),
        ("refresh_token", "1//r")
    );
    let key = grantor_jose::Key::generate(grantor_jose::Algorithm::Rs256).unwrap();
    let account = json!({
        "type": "service_account", "client_email": "a@p", "private_key_id": "k",
        "private_key": key.to_pkcs8_pem().unwrap().as_str(), "token_uri": STS,
    });
    let (tokens, sent) = Cloud::default()
        .with(STS, sts)
        .tokens(&world, read(&account).unwrap().scope("a"));
    tokens.build().unwrap().get().await.unwrap();
    assert!(form(&sent.sent()[0]).contains_key("assertion"));
}

#[test]
fn a_file_that_can_not_work_is_refused_and_not_shown() {
    let mut without_audience = file(&json!({ "file": "s3cret" }));
    without_audience.as_object_mut().unwrap().remove("audience");
    let mut insecure = file(&json!({ "file": "s3cret" }));
    insecure["service_account_impersonation_url"] = "http://attacker.example/s3cret".into();
    for bad in [
        json!({}),
        json!({ "type": "impersonated_service_account", "s3cret": 1 }),
        json!({ "type": "authorized_user", "refresh_token": "s3cret" }),
        without_audience,
        insecure,
        file(&json!({})),
        file(&json!({ "file": "s3cret", "url": "https://s3cret" })),
        file(&json!({ "file": "s3cret", "format": { "type": "xml" } })),
        file(&json!({ "file": "s3cret", "format": { "type": "json" } })),
        // Nobody allowed it.
        file(&json!({ "executable": { "command": "/bin/s3cret" } })),
    ] {
        let error = read(&bad).unwrap_err();
        assert!(error.is_configuration(), "{bad}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}
