//! Proofs of possession from anybody, who may well sign them with a key of their own.

#![no_main]

use std::sync::LazyLock;

use grantor_jose::dpop::{self, Policy, Request};
use grantor_jose::{Algorithm, Key, Timestamp};
use libfuzzer_sys::fuzz_target;

static KEY: LazyLock<Key> = LazyLock::new(|| Key::generate(Algorithm::EdDsa).unwrap());

fuzz_target!(|text: &str| {
    let now = Timestamp::from_secs(1_760_000_000);
    let request = Request::new("POST", "https://as.example/token").with_nonce("n");
    let _ = dpop::verify(text, &request, &Policy::new(), now);

    // For every URI that can be signed for, the proof is for that one.
    let request = Request::new("GET", text);
    if let Ok(proof) = dpop::sign(&KEY, &request, "1", now) {
        if proof.len() <= 64 * 1024 {
            dpop::verify(&proof, &request, &Policy::new(), now).unwrap();
        }
    }
});
