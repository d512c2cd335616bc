//! A DPoP proof for a call of an API: at most 1.1 times one ES256 signature of the same bytes and one hash
//! of the access token.

use std::cell::RefCell;
use std::hint::black_box;

use aws_lc_rs::digest::{SHA256, digest};
use grantor_jose::dpop::{self, Request};
use grantor_jose::{Algorithm, Key, Timestamp};
use harness::Result;
use http::{Method, Uri};
use huskarl::core::crypto::signer::AsymmetricJwsSignerSelector;
use huskarl::core::dpop::{ResourceDPoP, ResourceServerDPoP};
use huskarl::core::secrets::SecretString;
use huskarl_crypto_native::asymmetric::signer::{GenerateAlgorithm, PrivateKey};

use crate::raw::Es256;
use crate::row::{Row, at_once};

const URL: &str = "https://api.example.com/v1/things/1234";

pub(crate) fn row() -> Result<Row> {
    let key = Key::generate(Algorithm::Es256)?;
    let token = "t".repeat(700);
    let now = Timestamp::from_secs(1_760_000_000);
    let raw = Es256::of(&key)?;
    let proof = dpop::sign(
        &key,
        &Request::new("GET", URL).with_access_token(&token),
        JTI,
        now,
    )?;
    let (input, _) = proof.rsplit_once('.').ok_or("a proof has dots")?;
    let (input, hashed) = (input.to_owned(), token.clone());
    let theirs = theirs(&token)?;
    Ok(Row {
        ours: (
            "dpop_proof",
            RefCell::new(Box::new(move || {
                let request = Request::new("GET", black_box(URL)).with_access_token(&token);
                let proof = dpop::sign(&key, &request, JTI, now);
                assert!(black_box(proof).is_ok());
            })),
        ),
        raw: (
            "raw_es256_sign_and_sha256",
            RefCell::new(Box::new(move || {
                black_box(digest(&SHA256, hashed.as_bytes()));
                raw.sign(input.as_bytes());
            })),
        ),
        peer: ("huskarl_dpop_proof", RefCell::new(theirs)),
        beside_peer: "dpop_proof_beside_huskarl",
        instructions_over_raw: "dpop_proof_over_raw_instructions",
        bar: 1.1,
    })
}

const JTI: &str = "f2b1c8d09e5a4f6bb2c1";

fn theirs(token: &str) -> Result<Box<dyn FnMut()>> {
    let key = PrivateKey::generate(GenerateAlgorithm::Es256, None)?;
    let signer = at_once(key.select_asymmetric_signer());
    let thumbprint = signer.public_key_jwk().thumbprint();
    let dpop = ResourceDPoP::builder().signer(key).build();
    let (uri, token) = (Uri::from_static(URL), SecretString::new(token));
    Ok(Box::new(move || {
        let proof = at_once(dpop.proof(&Method::GET, black_box(&uri), &token, &thumbprint));
        assert!(black_box(proof).is_ok_and(|proof| proof.is_some()));
    }))
}
