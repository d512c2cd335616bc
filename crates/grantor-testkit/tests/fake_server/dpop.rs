//! Tokens of the fake server that are bound to a key (RFC 9449).

use bytes::Bytes;
use grantor_core::Timestamp;
use grantor_http::Transport;
use grantor_jose::{Algorithm, Key, dpop};
use grantor_testkit::FakeServer;
use http::{Request, Response};
use serde_json::Value;

use crate::{CLIENT_CREDENTIALS, form_request, server, with_clock};

const NOW: Timestamp = Timestamp::from_secs(1_760_000_000);

/// A key, and the number of its next proof.
struct Client(Key, u32);

impl Client {
    fn new() -> Self {
        Self(Key::generate(Algorithm::Es256).unwrap(), 0)
    }

    fn proof(&mut self, request: &dpop::Request<'_>) -> String {
        self.1 += 1;
        dpop::sign(&self.0, request, &self.1.to_string(), NOW).unwrap()
    }

    fn thumbprint(&self) -> String {
        self.0.public().unwrap().thumbprint()
    }

    /// A token request with a proof that has this nonce.
    async fn ask(
        &mut self,
        server: &FakeServer,
        form: &[(&str, &str)],
        nonce: Option<&str>,
    ) -> (Response<Bytes>, Value) {
        let url = server.token_endpoint();
        let mut proven = dpop::Request::new("POST", url.as_str());
        if let Some(nonce) = nonce {
            proven = proven.with_nonce(nonce);
        }
        let proof = self.proof(&proven);
        send(server, form, &[&proof]).await
    }
}

async fn send(
    server: &FakeServer,
    form: &[(&str, &str)],
    proofs: &[&str],
) -> (Response<Bytes>, Value) {
    let mut request = form_request(&server.token_endpoint(), form);
    for proof in proofs {
        request.headers_mut().append("dpop", proof.parse().unwrap());
    }
    let answer = server.send(request).await.unwrap();
    let body = serde_json::from_slice(answer.body()).unwrap();
    (answer, body)
}

fn call(server: &FakeServer, scheme: &str, token: &str, proof: Option<&str>) -> Response<Bytes> {
    let request = Request::get("https://api.example/things");
    let mut request = request.header("authorization", format!("{scheme} {token}"));
    if let Some(proof) = proof {
        request = request.header("dpop", proof);
    }
    server.api(&request.body(()).unwrap())
}

#[tokio::test]
async fn a_token_is_bound_to_the_key_of_its_proof_and_needs_it() {
    let (server, mut client) = (server(), Client::new());
    let (_, body) = client.ask(&server, &CLIENT_CREDENTIALS, None).await;
    assert_eq!(body["token_type"], "DPoP");
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(server.dpop_thumbprint(token), Some(client.thumbprint()));
    let proven = dpop::Request::new("GET", "https://api.example/things");
    let proven = proven.with_access_token(token);
    let proof = client.proof(&proven);
    let other = Client::new().proof(&proven);
    assert_eq!(call(&server, "DPoP", token, Some(&proof)).status(), 200);
    for (scheme, proof) in [
        ("DPoP", Some(&proof)),
        ("DPoP", Some(&other)),
        ("DPoP", None),
        ("Bearer", None),
    ] {
        let answer = call(&server, scheme, token, proof.map(|proof| &**proof));
        assert_eq!(answer.status(), 401, "{scheme} {proof:?}");
        let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.starts_with("DPoP error="), "{challenge}");
    }
}

#[tokio::test]
async fn a_request_without_a_good_proof_is_refused_where_one_is_needed() {
    let (server, mut client) = (server(), Client::new());
    server.require_dpop();
    let url = server.token_endpoint();
    let good = client.proof(&dpop::Request::new("POST", url.as_str()));
    let elsewhere = client.proof(&dpop::Request::new("POST", "https://idp.example/other"));
    for proofs in [
        vec![],
        vec!["no proof"],
        vec![&*elsewhere],
        vec![&*good, &*good],
    ] {
        let (answer, body) = send(&server, &CLIENT_CREDENTIALS, &proofs).await;
        assert_eq!(answer.status(), 400);
        assert_eq!(body["error"], "invalid_dpop_proof");
    }
    for status in [200, 400] {
        let (answer, _) = send(&server, &CLIENT_CREDENTIALS, &[&good]).await;
        assert_eq!(answer.status(), status, "a proof is good once");
    }
}

#[tokio::test]
async fn a_nonce_is_said_and_needed() {
    let (server, mut client) = (server(), Client::new());
    server.require_dpop_nonces();
    let (answer, body) = client.ask(&server, &CLIENT_CREDENTIALS, None).await;
    assert_eq!(
        (answer.status().as_u16(), &body["error"]),
        (400, &"use_dpop_nonce".into())
    );
    let nonce = answer.headers()["dpop-nonce"].to_str().unwrap().to_owned();
    let (answer, _) = client.ask(&server, &CLIENT_CREDENTIALS, Some(&nonce)).await;
    assert_eq!(answer.status(), 200);
    server.change_dpop_nonces();
    let (answer, _) = client.ask(&server, &CLIENT_CREDENTIALS, Some(&nonce)).await;
    assert_eq!(answer.status(), 400);
    assert_ne!(answer.headers()["dpop-nonce"], &*nonce);
    let token = call(&server, "DPoP", "access-1", None);
    assert_ne!(
        token.headers()["dpop-nonce"],
        answer.headers()["dpop-nonce"]
    );
}

#[tokio::test]
async fn a_login_is_bound_to_its_first_key() {
    let (server, mut client) = (server(), Client::new());
    let refresh_token = server.new_refresh_token();
    let form = |token: &'static str| [("grant_type", "refresh_token"), ("refresh_token", token)];
    assert_eq!(refresh_token, "refresh-0-0");
    let (answer, _) = client.ask(&server, &form("refresh-0-0"), None).await;
    assert_eq!(answer.status(), 200);
    let (_, body) = Client::new().ask(&server, &form("refresh-0-1"), None).await;
    assert_eq!(body["error"], "invalid_grant");
    let (answer, _) = client.ask(&server, &form("refresh-0-1"), None).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_proof_of_another_time_is_refused_by_the_servers_clock() {
    let ((server, clock), mut client) = (with_clock(), Client::new());
    server.require_dpop();
    clock.jump_to(Timestamp::from_secs(1_760_000_000 + 1000));
    let (answer, body) = client.ask(&server, &CLIENT_CREDENTIALS, None).await;
    assert_eq!(
        (answer.status().as_u16(), &body["error"]),
        (400, &"invalid_dpop_proof".into())
    );
}
