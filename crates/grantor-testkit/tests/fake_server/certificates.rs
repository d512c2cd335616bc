//! Clients with certificates (RFC 8705), within the process and over https.

use bytes::Bytes;
use grantor_core::CertificateThumbprint;
use grantor_http::{
    CaCertificates, ClientCertificate, ReqwestTransport, Transport, TransportOptions,
};
use grantor_testkit::FakeServer;
use grantor_testkit::certificates::{AUTHORITY, CLIENT, CLIENT_KEY, OTHER_CLIENT, der};
use http::{Request, Response};
use serde_json::Value;

use crate::{CLIENT_CREDENTIALS, call, form_request, server};

fn json(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).unwrap()
}

async fn ask(transport: &dyn Transport, url: &url::Url, form: &[(&str, &str)]) -> Response<Bytes> {
    transport.send(form_request(url, form)).await.unwrap()
}

#[tokio::test]
async fn a_client_is_known_by_its_certificate_alone() {
    let server = server();
    server.add_tls_client("app", b"one");
    let form = [CLIENT_CREDENTIALS[0], ("client_id", "app")];
    let url = server.token_endpoint();
    let known = ask(&server.over_certificate(b"one"), &url, &form).await;
    assert_eq!(known.status(), 200);
    for transport in [
        &server.over_certificate(b"two") as &dyn Transport,
        &server as &dyn Transport,
    ] {
        let refused = ask(transport, &url, &form).await;
        assert_eq!(json(&refused)["error"], "invalid_client");
    }
    let other = [CLIENT_CREDENTIALS[0], ("client_id", "other")];
    let refused = ask(&server.over_certificate(b"one"), &url, &other).await;
    assert_eq!(json(&refused)["error"], "invalid_client");
}

#[tokio::test]
async fn a_token_is_good_over_the_certificate_of_its_request_alone() {
    let server = server();
    let one = server.over_certificate(b"one");
    let form = [CLIENT_CREDENTIALS[0], ("client_id", "app")];
    let answer = ask(&one, &server.token_endpoint(), &form).await;
    let token = json(&answer)["access_token"].as_str().unwrap().to_owned();
    let thumbprint = CertificateThumbprint::of_der(b"one");
    assert_eq!(one.client_certificate(), Some(&thumbprint));
    assert_eq!(server.certificate_thumbprint(&token), Some(thumbprint));
    let api = || call(server.api_url().as_str(), &token);
    assert_eq!(one.send(api()).await.unwrap().status(), 200);
    let two = server.over_certificate(b"two");
    assert_eq!(two.send(api()).await.unwrap().status(), 401);
    assert_eq!(server.send(api()).await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_refresh_token_of_a_public_client_is_bound_too() {
    let server = server();
    server.add_user("ada", "pa55");
    let form = [
        ("grant_type", "password"),
        ("username", "ada"),
        ("password", "pa55"),
    ];
    let form = [&form[..], &[("client_id", "app")]].concat();
    let one = server.over_certificate(b"one");
    let answer = ask(&one, &server.token_endpoint(), &form).await;
    let token = json(&answer)["refresh_token"].as_str().unwrap().to_owned();
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &*token),
        ("client_id", "app"),
    ];
    let without = ask(&server, &server.token_endpoint(), &form).await;
    assert_eq!(without.status(), 400);
    assert_eq!(json(&without)["error"], "invalid_grant");
    let answer = ask(&one, &server.token_endpoint(), &form).await;
    assert_eq!(answer.status(), 200);
}

fn transport(certificate: Option<(&str, &str)>) -> ReqwestTransport {
    let authority = CaCertificates::from_pem(AUTHORITY.as_bytes()).unwrap();
    let mut options = TransportOptions::from(authority);
    options.client_certificate = certificate.map(|(certificate, key)| {
        ClientCertificate::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap()
    });
    ReqwestTransport::with_options(&options).unwrap()
}

#[tokio::test]
async fn over_https_metadata_names_where_certificates_are_asked_for() {
    let server = FakeServer::listen_tls().unwrap();
    server.add_tls_client("app", &der(CLIENT));
    let [metadata, _] = server.issuer().metadata_urls();
    let request = || Request::get(metadata.as_str()).body(Bytes::new()).unwrap();
    let without = transport(None);
    let metadata = json(&without.send(request()).await.unwrap());
    let alias = metadata["mtls_endpoint_aliases"]["token_endpoint"]
        .as_str()
        .unwrap();
    assert_eq!(alias, format!("{}token", server.mtls_url()));
    assert_eq!(metadata["tls_client_certificate_bound_access_tokens"], true);
    let form = [CLIENT_CREDENTIALS[0], ("client_id", "app")];
    let alias = alias.parse().unwrap();
    let request = || form_request(&alias, &form);
    assert!(without.send(request()).await.is_err());
    server.assert_token_requests(0);
    let with = transport(Some((CLIENT, CLIENT_KEY)));
    let answer = with.send(request()).await.unwrap();
    assert_eq!(answer.status(), 200);
    let recorded = server.last_token_request().unwrap();
    assert_eq!(recorded.certificate(), Some(&der(CLIENT)[..]));
    assert_ne!(der(CLIENT), der(OTHER_CLIENT));
}
