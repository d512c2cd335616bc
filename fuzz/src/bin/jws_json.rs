//! JWS in JSON from anybody, and such that are signed over a payload from anybody.

#![no_main]

use std::sync::LazyLock;

use grantor_jose::{Algorithm, Key, KeySet, jws};
use libfuzzer_sys::fuzz_target;

static KEY: LazyLock<Key> = LazyLock::new(|| Key::generate(Algorithm::Hs256).unwrap());
static KEYS: LazyLock<KeySet> = LazyLock::new(|| KeySet::from_secrets([&*KEY]).unwrap());

fuzz_target!(|text: &str| {
    assert!(jws::verify_json(text, &KEYS, Algorithm::ALL).is_err());
    assert!(jws::verify_json_detached(text, b"payload", &KEYS, Algorithm::ALL).is_err());
    for header in [
        jws::Header::new().with_typ(text),
        jws::Header::new().unencoded(),
    ] {
        let signed = jws::sign_json(&[(&KEY, &header)], text.as_bytes()).unwrap();
        // A text may be longer than a token can be.
        if let Ok(jws) = jws::verify_json(&signed, &KEYS, Algorithm::ALL) {
            assert_eq!(jws.payload, text.as_bytes());
        } else {
            assert!(signed.len() > 64 * 1024);
        }
    }
});
