//! The modules of the OpenID Foundation's plan `fapi2-security-profile-final-test-plan` that are about
//! DPoP, under their own names, in the variant without OpenID. Those about the API are in
//! `grantor-resource`.

use grantor_server::Client;
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::dpop::{Prover, with_proof};
use crate::support::{APP, Ask, Code, Fixture, ISSUER, MACHINE, Reply, client_request};

const ASK: [(&str, &str); 1] = [("grant_type", "client_credentials")];

/// Sends a proof with another claim to the token endpoint and to the PAR endpoint.
async fn both(change: impl Fn(&Fixture, &mut Value)) -> [Reply; 2] {
    let fixture = Fixture::new().await;
    let prover = Prover::new();
    let signed = |path: &str| {
        let mut claims = Prover::claims(&fixture);
        claims["htu"] = json!(format!("{ISSUER}{path}"));
        change(&fixture, &mut claims);
        prover.sign(&prover.header(), &claims)
    };
    let ask = Ask::new(APP);
    let pairs: Vec<_> = ask
        .pairs
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let token = with_proof(client_request("/token", MACHINE, &ASK), &signed("/token"));
    let push = with_proof(client_request("/par", APP, &pairs), &signed("/par"));
    [fixture.send(token).await, fixture.send(push).await]
}

fn are_accepted([token, pushed]: &[Reply; 2]) {
    token.assert_ok();
    assert_eq!(pushed.status, StatusCode::CREATED, "{pushed:?}");
}

/// A code that was pushed with `dpop_jkt` and with a proof, as far as they are given.
async fn push(fixture: &Fixture, ask: &Ask, prover: Option<&Prover>) -> Reply {
    let pairs: Vec<_> = ask
        .pairs
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    match prover {
        Some(prover) => prover.post(fixture, "/par", APP, &pairs).await,
        None => fixture.post("/par", APP, &pairs).await,
    }
}

async fn code(fixture: &Fixture, ask: Ask, prover: Option<&Prover>) -> Code {
    let pushed = push(fixture, &ask, prover).await;
    let reference = Ask {
        pairs: vec![
            ("client_id".to_owned(), APP.id.to_owned()),
            ("request_uri".to_owned(), pushed.member("request_uri")),
        ],
        verifier: ask.verifier,
    };
    fixture.code_for(APP, reference).await
}

#[tokio::test]
async fn fapi2_security_profile_final_check_dpop_proof_nbf_exp() {
    let replies = both(|fixture, claims| {
        claims["nbf"] = fixture.now().into();
        claims["exp"] = (fixture.now() + 60).into();
    });
    are_accepted(&replies.await);
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_dpopproof_with_iat_10seconds_before_succeeds() {
    let replies = both(|fixture, claims| claims["iat"] = (fixture.now() - 10).into());
    are_accepted(&replies.await);
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_dpopproof_with_iat_10seconds_after_succeeds() {
    let replies = both(|fixture, claims| claims["iat"] = (fixture.now() + 10).into());
    are_accepted(&replies.await);
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_mismatched_dpop_jkt_fails() {
    let fixture = Fixture::new().await;
    let ask = Ask::new(APP).with("dpop_jkt", &Prover::new().thumbprint());
    let pushed = push(&fixture, &ask, Some(&Prover::new())).await;
    pushed.assert_error(400, "invalid_dpop_proof");
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt() {
    let fixture = Fixture::new().await;
    let code = code(&fixture, Ask::new(APP), Some(&Prover::new())).await;
    let reply = Prover::new()
        .post(&fixture, "/token", APP, &code.pairs())
        .await;
    reply.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_jkt() {
    let fixture = Fixture::new().await;
    let ask = Ask::new(APP).with("dpop_jkt", &Prover::new().thumbprint());
    let code = code(&fixture, ask, None).await;
    let reply = Prover::new()
        .post(&fixture, "/token", APP, &code.pairs())
        .await;
    reply.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_dpopproof_at_par_endpoint_binding_success() {
    let fixture = Fixture::new().await;
    let prover = Prover::new();
    let code = code(&fixture, Ask::new(APP), Some(&prover)).await;
    prover
        .post(&fixture, "/token", APP, &code.pairs())
        .await
        .assert_ok();
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_dpop_auth_code_binding_success() {
    let fixture = Fixture::new().await;
    let prover = Prover::new();
    let ask = Ask::new(APP).with("dpop_jkt", &prover.thumbprint());
    let code = code(&fixture, ask, Some(&prover)).await;
    prover
        .post(&fixture, "/token", APP, &code.pairs())
        .await
        .assert_ok();
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_holder_of_key_required() {
    let fixture = Fixture::new().await;
    let require = |client: &mut Client| client.dpop_bound_access_tokens = true;
    fixture.clients.update(APP.id, require).await.unwrap();
    let code = fixture.code(APP).await;
    let reply = fixture.redeem(APP, &code).await;
    reply.assert_error(400, "invalid_dpop_proof");
}
