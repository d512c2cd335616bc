//! Compact JWS with the payload within and apart: nobody signed what comes in, so nothing passes.

#![no_main]

use std::sync::LazyLock;

use grantor_jose::{Algorithm, Key, KeySet, jws};
use libfuzzer_sys::fuzz_target;

static KEYS: LazyLock<[KeySet; 2]> = LazyLock::new(|| {
    let public = Key::generate(Algorithm::Es256).unwrap();
    let secret = Key::generate(Algorithm::Hs256).unwrap();
    [
        public.public().cloned().into_iter().collect(),
        KeySet::from_secrets([&secret]).unwrap(),
    ]
});

fuzz_target!(|token: &str| {
    for keys in &*KEYS {
        assert!(jws::verify(token, keys, Algorithm::ALL).is_err());
        assert!(jws::verify_unencoded(token, keys, Algorithm::ALL).is_err());
        assert!(jws::verify_detached(token, b"payload", keys, Algorithm::ALL).is_err());
    }
});
