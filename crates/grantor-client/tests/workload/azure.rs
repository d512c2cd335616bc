//! Managed identities and the workload identity of Azure.

use grantor_client::{AzureIdentity, Tokens, WorkloadToken};

use crate::cloud::{Cloud, form, header, query, status, text, variables};
use crate::support::World;

const MACHINE: &str = "http://169.254.169.254/metadata/identity/oauth2/token";
const ANSWER: &str =
    r#"{"access_token": "machine", "expires_on": "1800000000", "token_type": "Bearer"}"#;

#[tokio::test]
async fn a_machine_has_tokens_of_its_identity() {
    let world = World::new();
    let cloud = Cloud::default().with(MACHINE, |request| match header(request, "metadata") {
        "true" => text(ANSWER),
        _ => status(400),
    });
    let identity = AzureIdentity::new("https://vault.azure.net").client_id("of-three");
    let token = WorkloadToken::from(identity).variables(variables(&[]));
    let (tokens, sent) = cloud.tokens(&world, Tokens::from_workload(token));
    let token = tokens.build().unwrap().get().await.unwrap();
    assert_eq!(token.secret.expose(), "machine");
    assert_eq!(token.expires_at.unwrap().as_secs(), 1_800_000_000);
    let sent = query(&sent.sent()[0]);
    assert_eq!(sent["resource"], "https://vault.azure.net");
    assert_eq!(sent["client_id"], "of-three");
    assert_eq!(sent["api-version"], "2018-02-01");
}

#[tokio::test]
async fn an_application_service_has_its_own_endpoint() {
    let world = World::new();
    let cloud = Cloud::default().with("http://127.0.0.1:4141/msi/token", |request| {
        match header(request, "x-identity-header") {
            "s3cret" => text(r#"{"access_token": "service", "expires_on": 1800000000}"#),
            _ => status(401),
        }
    });
    let of_service = [
        ("IDENTITY_ENDPOINT", "http://127.0.0.1:4141/msi/token"),
        ("IDENTITY_HEADER", "s3cret"),
    ];
    let token = WorkloadToken::from(AzureIdentity::new("r")).variables(variables(&of_service));
    let (tokens, sent) = cloud.tokens(&world, Tokens::from_workload(token));
    let token = tokens.build().unwrap().get().await.unwrap();
    assert_eq!(token.secret.expose(), "service");
    assert_eq!(query(&sent.sent()[0])["api-version"], "2019-08-01");
}

#[tokio::test]
async fn a_machine_without_an_identity_says_so() {
    let world = World::new();
    for (code, is_configuration) in [(404, true), (400, false)] {
        let cloud = Cloud::default().with(MACHINE, move |_| status(code));
        let token = WorkloadToken::from(AzureIdentity::new("r")).variables(variables(&[]));
        let (tokens, _) = cloud.tokens(&world, Tokens::from_workload(token));
        let error = tokens.build().unwrap().get().await.unwrap_err();
        assert_eq!(error.is_configuration(), is_configuration, "{error}");
        assert!(error.to_string().contains("Azure"), "{error}");
    }
}

#[tokio::test]
async fn a_pod_with_workload_identity_is_a_client_of_entra() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("azure-identity-token");
    std::fs::write(&path, "federated").unwrap();
    let cloud = Cloud::default().with("https://login.example/tenant-1/oauth2/v2.0/token", |_| {
        text(r#"{"access_token": "of-entra", "token_type": "Bearer", "expires_in": 3600}"#)
    });
    let of_pod = [
        ("AZURE_CLIENT_ID", "client-1"),
        ("AZURE_TENANT_ID", "tenant-1"),
        ("AZURE_AUTHORITY_HOST", "https://login.example/"),
        ("AZURE_FEDERATED_TOKEN_FILE", path.to_str().unwrap()),
    ];
    let builder = Tokens::azure_workload_identity_of(variables(&of_pod)).unwrap();
    let (tokens, sent) = cloud.tokens(&world, builder.scope("https://vault.azure.net/.default"));
    let token = tokens.build().unwrap().get().await.unwrap();
    assert_eq!(token.secret.expose(), "of-entra");
    let sent = form(&sent.sent()[0]);
    assert_eq!(sent["client_id"], "client-1");
    assert_eq!(sent["client_assertion"], "federated");
    assert_eq!(sent["grant_type"], "client_credentials");
    let without = Tokens::azure_workload_identity_of(variables(&of_pod[..3]));
    let error = without.unwrap_err();
    assert!(
        error.to_string().contains("AZURE_FEDERATED_TOKEN_FILE"),
        "{error}"
    );
}
