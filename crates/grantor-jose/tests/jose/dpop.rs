//! DPoP proofs, honest and hostile.

use std::collections::HashSet;
use std::time::Duration;

use grantor_jose::dpop::{self, Nonces, Policy, Request};
use grantor_jose::{Algorithm, Error, Key, Leeway, Timestamp, base64url};
use serde_json::Value;

use crate::table::{Answer, Table};
use crate::{list, text, vectors};

/// A row of the table in the crate's documentation.
pub(crate) fn hostile_proofs(answer: Answer) -> Table {
    let mut table = Table::new("DPoP proofs", answer);
    let file = vectors("dpop-proofs.json");
    for case in list(&file["vectors"]) {
        let Some(proof) = case["proof"].as_str() else {
            table.leave_out("two header fields: one proof is what is verified here");
            continue;
        };
        let expect = text(&case["expect"]);
        let found = verify(&file, case, proof);
        if expect == "reject-second-use" {
            let first = found.clone().map(|proof| (proof.thumbprint, proof.jwt_id));
            let second = verify(&file, case, proof).map(|proof| (proof.thumbprint, proof.jwt_id));
            let mut seen = HashSet::new();
            assert!(seen.insert(first.unwrap()));
            table.case(&case["id"], false, seen.insert(second.unwrap()));
            continue;
        }
        if expect == "reject-with-use_dpop_nonce" {
            let error = found.clone().unwrap_err();
            assert!(
                matches!(error, Error::MissingClaim("nonce") | Error::WrongNonce),
                "{error}"
            );
        }
        table.case(&case["id"], expect == "accept", found.is_ok());
    }
    table
}

fn verify(file: &Value, case: &Value, proof: &str) -> Result<dpop::Proof, Error> {
    let now = Timestamp::from_secs(file["now"].as_i64().unwrap());
    let mut request = if case["where"] == "token" {
        Request::new("POST", "https://server.example.com/token")
    } else {
        let bound_to = case["bound_jkt"].as_str().unwrap_or(text(&file["jkt"]));
        Request::new("GET", "https://rs.example.com/data")
            .with_access_token(text(&file["access_token"]))
            .bound_to(bound_to)
    };
    if let Some(nonce) = case["server_nonce"].as_str() {
        request = request.with_nonce(nonce);
    }
    let max_age = Duration::from_secs(file["max_age_seconds"].as_u64().unwrap());
    dpop::verify(proof, &request, &Policy::new().with_max_age(max_age), now)
}

#[test]
fn what_is_signed_verifies_for_its_request_alone() {
    let now = Timestamp::from_secs(1000);
    for algorithm in Algorithm::ALL {
        let key = Key::generate(*algorithm).unwrap();
        let request = Request::new("GET", "https://a.example/x?q=1")
            .with_access_token("token")
            .with_nonce("n");
        let signed = dpop::sign(&key, &request, "1", now);
        if algorithm.is_symmetric() {
            assert!(signed.is_err());
            continue;
        }
        let proof = signed.unwrap();
        let check = |request: &Request<'_>| dpop::verify(&proof, request, &Policy::new(), now);
        let found = check(&request.clone().bound_to(key.key_id())).unwrap();
        assert_eq!(
            (found.jwt_id.as_str(), found.nonce.as_deref()),
            ("1", Some("n"))
        );
        assert_eq!(found.thumbprint, key.key_id());
        let found = check(&request.clone().bound_to("x")).map(|_| ());
        assert_eq!(found, Err(Error::WrongKey));
        let found = check(&request.clone().with_access_token("other")).map(|_| ());
        assert_eq!(found, Err(Error::InvalidClaim("ath")));
        let found = check(&request.clone().with_nonce("other")).map(|_| ());
        assert_eq!(found, Err(Error::WrongNonce));
        let found = check(&Request::new("POST", "https://a.example/x")).map(|_| ());
        assert_eq!(found, Err(Error::InvalidClaim("htm")));
        let found = check(&Request::new("GET", "https://a.example/y")).map(|_| ());
        assert_eq!(found, Err(Error::InvalidClaim("htu")));
    }
}

#[test]
fn a_proof_has_its_time() {
    let key = Key::generate(Algorithm::EdDsa).unwrap();
    let request = Request::new("GET", "https://a.example/");
    let proof = dpop::sign(&key, &request, "1", Timestamp::from_secs(1000)).unwrap();
    let policy = Policy::new()
        .with_max_age(Duration::from_secs(100))
        .with_leeway(Leeway::new(Duration::from_secs(10)).unwrap());
    let check = |now| dpop::verify(&proof, &request, &policy, Timestamp::from_secs(now));
    assert_eq!(check(989).unwrap_err(), Error::NotYetValid);
    assert_eq!(
        check(990).unwrap().remember_until,
        Timestamp::from_secs(1100)
    );
    assert!(check(1100).is_ok());
    assert_eq!(check(1101).unwrap_err(), Error::Expired);
    let other = Policy::new().with_algorithms([Algorithm::Es256, Algorithm::Hs256]);
    let found = dpop::verify(&proof, &request, &other, Timestamp::from_secs(1000));
    assert_eq!(found.unwrap_err(), Error::AlgorithmNotAllowed);
}

#[test]
fn a_policy_with_nonces_takes_no_proof_without_one_of_them() {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let nonces = Nonces::new(&[7; 32]);
    let policy = Policy::new().with_nonces(nonces.clone());
    let request = Request::new("POST", "https://as.example.com/token");
    let check = |nonce: Option<&str>, now: i64| {
        let now = Timestamp::from_secs(now);
        let signed = match nonce {
            Some(nonce) => dpop::sign(&key, &request.clone().with_nonce(nonce), "1", now),
            None => dpop::sign(&key, &request, "1", now),
        };
        dpop::verify(&signed.unwrap(), &request, &policy, now).map(|proof| proof.nonce)
    };
    let nonce = nonces.issue(Timestamp::from_secs(1000));
    assert_eq!(check(Some(&nonce), 1000), Ok(Some(nonce.clone())));
    assert_eq!(check(Some(&nonce), 1299), Ok(Some(nonce.clone())));
    assert_eq!(check(Some(&nonce), 1300), Err(Error::WrongNonce));
    assert_eq!(check(Some("made-up"), 1000), Err(Error::WrongNonce));
    assert_eq!(check(None, 1000), Err(Error::MissingClaim("nonce")));
}

/// RFC 7519 sections 4.1.4 and 4.1.5: a proof with a time of its own is refused outside of it.
#[test]
fn a_proof_that_narrows_its_time_is_refused_outside_of_it() {
    let key = Key::generate(Algorithm::EdDsa).unwrap();
    let request = Request::new("GET", "https://a.example/");
    let now = Timestamp::from_secs(1000);
    let check = |claim: &str, at: i64| {
        let proof = dpop::sign(&key, &request, "1", now).unwrap();
        let parts: Vec<&str> = proof.split('.').collect();
        let claims = base64url::decode(parts[1]).unwrap();
        let mut claims: Value = serde_json::from_slice(&claims).unwrap();
        claims[claim] = at.into();
        let input = format!("{}.{}", parts[0], base64url::encode(claims.to_string()));
        let signature = key.sign_bytes(input.as_bytes()).unwrap();
        let proof = format!("{input}.{}", base64url::encode(signature.as_bytes()));
        let leeway = Leeway::new(Duration::from_secs(10)).unwrap();
        let policy = Policy::new().with_leeway(leeway);
        dpop::verify(&proof, &request, &policy, now).map(drop)
    };
    assert_eq!(check("exp", 990), Err(Error::Expired));
    assert_eq!(check("exp", 991), Ok(()));
    assert_eq!(check("nbf", 1011), Err(Error::NotYetValid));
    assert_eq!(check("nbf", 1010), Ok(()));
}
