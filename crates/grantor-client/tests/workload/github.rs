//! The token of a job of GitHub Actions.

use grantor_client::{ClientCredential, Tokens, WorkloadToken};

use crate::cloud::{Cloud, header, query, status, text, variables};
use crate::support::{ISSUER, World};

const SERVICE: &str = "https://pipelines.example/token?api-version=2.0";

fn job() -> impl Fn(&str) -> Option<String> + Send + Sync + 'static {
    variables(&[
        ("ACTIONS_ID_TOKEN_REQUEST_URL", SERVICE),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-the-job"),
    ])
}

#[tokio::test]
async fn a_job_exchanges_its_token() {
    let world = World::new();
    world.server.trust_token("job.id.token");
    let cloud = Cloud::default().with("https://pipelines.example/token", |request| {
        match header(request, "authorization") {
            "Bearer of-the-job" => text(r#"{"count": 1, "value": "job.id.token"}"#),
            _ => status(401),
        }
    });
    let token = WorkloadToken::github_actions("https://idp.example/?a=b&c").variables(job());
    let exchange = Tokens::token_exchange(ISSUER, "", ClientCredential::None);
    let (tokens, sent) = cloud.tokens(&world, exchange.subject_of_workload(token));
    tokens.build().unwrap().get().await.unwrap();
    let sent = query(&sent.sent()[0]);
    assert_eq!(sent["audience"], "https://idp.example/?a=b&c");
    assert_eq!(sent["api-version"], "2.0");
}

#[tokio::test]
async fn a_job_without_the_permission_is_told_so_and_no_secret_is_shown() {
    let world = World::new();
    let ask = async |cloud: Cloud, token: WorkloadToken| {
        let exchange = Tokens::token_exchange(ISSUER, "", ClientCredential::None);
        let (tokens, _) = cloud.tokens(&world, exchange.subject_of_workload(token));
        let error = tokens.build().unwrap().get().await.unwrap_err();
        assert!(!format!("{error:?}").contains("of-the-job"), "{error:?}");
        error
    };
    let token = || WorkloadToken::github_actions("a");
    let error = ask(Cloud::default(), token().variables(variables(&[]))).await;
    assert!(
        error.is_configuration() && error.to_string().contains("id-token: write"),
        "{error}"
    );
    let expired = Cloud::default().with("https://pipelines.example/", |_| status(401));
    assert!(ask(expired, token().variables(job())).await.is_refused());
    let garbled = Cloud::default().with("https://pipelines.example/", |_| text("[]"));
    assert!(ask(garbled, token().variables(job())).await.is_refused());
    world.server.assert_token_requests(0);
}
