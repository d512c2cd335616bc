//! The identity of a workload on AWS.

use bytes::Bytes;
use grantor_client::{AwsIdentity, ClientCredential, Tokens, WorkloadToken};
use http::{Method, Request, Response};
use serde_json::Value;

use crate::cloud::{Cloud, form, header, status, text, variables};
use crate::support::{ISSUER, World};

const AUDIENCE: &str =
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/aws";
const MACHINE: &str = "http://169.254.169.254/latest/";

fn credentials(id: &str) -> Response<Bytes> {
    text(&format!(
        r#"{{"AccessKeyId": "{id}", "SecretAccessKey": "s3cret", "Token": "session-of-{id}",
            "Expiration": "2030-01-01T00:00:00Z"}}"#
    ))
}

/// The signed request that an authorization server got as a subject token: its URL, and its headers.
async fn subject(cloud: Cloud, of: &[(&str, &str)]) -> (String, Vec<(String, String)>) {
    let world = World::new();
    world
        .server
        .on_grant("urn:ietf:params:oauth:grant-type:token-exchange", |_| {
            grantor_testkit::GrantAnswer::token()
        });
    let token = WorkloadToken::from(AwsIdentity::new(AUDIENCE)).variables(variables(of));
    let exchange = Tokens::token_exchange(ISSUER, "", ClientCredential::None);
    let (tokens, _) = cloud.tokens(&world, exchange.subject_of_workload(token));
    tokens.build().unwrap().get().await.unwrap();
    let sent = world.server.last_token_request().unwrap();
    assert_eq!(
        sent.parameter("subject_token_type").unwrap(),
        AwsIdentity::TOKEN_TYPE
    );
    let subject = sent.parameter("subject_token").unwrap();
    let decoded = percent_encoding::percent_decode_str(&subject)
        .decode_utf8()
        .unwrap();
    let request: Value = serde_json::from_str(&decoded).unwrap();
    assert_eq!(request["method"], "POST");
    let headers = request["headers"].as_array().unwrap().iter();
    let headers = headers.map(|header| {
        let text = |name: &str| header[name].as_str().unwrap().to_owned();
        (text("key"), text("value"))
    });
    (
        request["url"].as_str().unwrap().to_owned(),
        headers.collect(),
    )
}

fn value<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    let found = headers.iter().find(|(own, _)| own == name);
    found.map_or("", |(_, value)| value)
}

#[tokio::test]
async fn a_request_of_get_caller_identity_is_signed_for_the_audience() {
    let of = [
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "s3cret"),
        ("AWS_REGION", "eu-central-1"),
    ];
    let (url, headers) = subject(Cloud::default(), &of).await;
    assert_eq!(
        url,
        "https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    );
    assert_eq!(value(&headers, "x-goog-cloud-target-resource"), AUDIENCE);
    assert_eq!(value(&headers, "host"), "sts.eu-central-1.amazonaws.com");
    let date = value(&headers, "x-amz-date");
    let authorization = value(&headers, "Authorization");
    let scope = format!(
        "Credential=AKID/{}/eu-central-1/sts/aws4_request",
        &date[..8]
    );
    assert!(authorization.contains(&scope), "{authorization}");
    let signed = "SignedHeaders=host;x-amz-date;x-goog-cloud-target-resource, Signature=";
    assert!(authorization.contains(signed), "{authorization}");
    assert_eq!(value(&headers, "x-amz-security-token"), "");
}

/// Version 2 of the metadata service: nothing without a session.
fn machine(request: &Request<Bytes>) -> Response<Bytes> {
    let path = request.uri().path();
    if path == "/latest/api/token" {
        let lifetime = header(request, "x-aws-ec2-metadata-token-ttl-seconds");
        return match (request.method(), lifetime) {
            (&Method::PUT, "300") => text("imds-session"),
            _ => status(405),
        };
    }
    if header(request, "x-aws-ec2-metadata-token") != "imds-session" {
        return status(401);
    }
    match path {
        "/latest/meta-data/placement/availability-zone" => text("us-east-2b"),
        "/latest/meta-data/iam/security-credentials/" => text("my-role"),
        "/latest/meta-data/iam/security-credentials/my-role" => credentials("OFROLE"),
        _ => status(404),
    }
}

#[tokio::test]
async fn a_machine_has_credentials_by_its_metadata_service() {
    let (url, headers) = subject(Cloud::default().with(MACHINE, machine), &[]).await;
    assert!(
        url.starts_with("https://sts.us-east-2.amazonaws.com/"),
        "{url}"
    );
    assert_eq!(value(&headers, "x-amz-security-token"), "session-of-OFROLE");
    let authorization = value(&headers, "Authorization");
    let signed = "host;x-amz-date;x-amz-security-token;x-goog-cloud-target-resource";
    assert!(authorization.contains(signed), "{authorization}");
}

#[tokio::test]
async fn containers_of_ecs_and_pods_of_eks_have_credentials_at_a_url() {
    let region = ("AWS_DEFAULT_REGION", "us-west-1");
    let ecs = Cloud::default().with("http://169.254.170.2/creds/1", |_| credentials("ECS"));
    let of = [
        region,
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds/1"),
    ];
    let (_, headers) = subject(ecs, &of).await;
    assert_eq!(value(&headers, "x-amz-security-token"), "session-of-ECS");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("eks-pod-identity-token");
    std::fs::write(&path, "of-the-pod\n").unwrap();
    let eks = Cloud::default().with(
        "http://169.254.170.23/v1/credentials",
        |request| match header(request, "authorization") {
            "of-the-pod" => credentials("EKS"),
            _ => status(401),
        },
    );
    let of = [
        region,
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://169.254.170.23/v1/credentials",
        ),
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            path.to_str().unwrap(),
        ),
    ];
    let (_, headers) = subject(eks, &of).await;
    assert_eq!(value(&headers, "x-amz-security-token"), "session-of-EKS");
}

#[tokio::test]
async fn a_pod_with_a_web_identity_has_the_credentials_of_its_role() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "projected").unwrap();
    let sts = Cloud::default().with("https://sts.eu-west-1.amazonaws.com/", |request| {
        let form = form(request);
        if form["WebIdentityToken"] != "projected" || form["RoleArn"] != "arn:aws:iam::1:role/r" {
            return status(403);
        }
        text(
            r#"{"AssumeRoleWithWebIdentityResponse": {"AssumeRoleWithWebIdentityResult": {
                "Credentials": {"AccessKeyId": "IRSA", "SecretAccessKey": "s3cret",
                "SessionToken": "of-the-role", "Expiration": 1.9E9}}}}"#,
        )
    });
    let of = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/r"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", path.to_str().unwrap()),
    ];
    let (_, headers) = subject(sts, &of).await;
    assert_eq!(value(&headers, "x-amz-security-token"), "of-the-role");
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_said_without_secrets() {
    let world = World::new();
    let ask = async |cloud: Cloud, of: &[(&str, &str)]| {
        let token = WorkloadToken::from(AwsIdentity::new(AUDIENCE)).variables(variables(of));
        let exchange = Tokens::token_exchange(ISSUER, "", ClientCredential::None);
        let (tokens, _) = cloud.tokens(&world, exchange.subject_of_workload(token));
        let error = tokens.build().unwrap().get().await.unwrap_err();
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        error
    };
    let region = ("AWS_REGION", "us-east-1");
    let half = [region, ("AWS_ACCESS_KEY_ID", "AKID")];
    let error = ask(Cloud::default(), &half).await;
    assert!(
        error.to_string().contains("AWS_SECRET_ACCESS_KEY"),
        "{error}"
    );
    let elsewhere = [
        region,
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://attacker.example/creds",
        ),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "s3cret"),
    ];
    assert!(ask(Cloud::default(), &elsewhere).await.is_configuration());
    // A region becomes part of a host.
    let host = [
        ("AWS_REGION", "x.attacker.example/"),
        ("AWS_ACCESS_KEY_ID", "s3cret"),
    ];
    assert!(ask(Cloud::default(), &host).await.is_configuration());
    // Version 1 of the metadata service is turned off, and so is version 2.
    assert!(ask(Cloud::default(), &[]).await.is_configuration());
    let without_role = Cloud::default().with(MACHINE, |request| match request.uri().path() {
        "/latest/meta-data/iam/security-credentials/" => text(""),
        _ => machine(request),
    });
    let error = ask(without_role, &[]).await;
    assert!(error.to_string().contains("no role"), "{error}");
    world.server.assert_token_requests(0);
}
