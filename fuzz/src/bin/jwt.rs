//! Tokens that nobody signed, and signed tokens that say anything.

#![no_main]

use std::sync::LazyLock;

use grantor_jose::jwt::{self, Policy, Typ};
use grantor_jose::{Algorithm, Key, KeySet, Timestamp};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

static KEY: LazyLock<Key> = LazyLock::new(|| Key::generate(Algorithm::EdDsa).unwrap());
static KEYS: LazyLock<KeySet> = LazyLock::new(|| KEY.public().cloned().into_iter().collect());

fuzz_target!(|text: &str| {
    let policy = Policy::access_token("https://as.example", "https://api.example");
    let now = Timestamp::from_secs(1_760_000_010);
    assert!(jwt::verify(text, &KEYS, &policy, now).is_err());

    let Ok(claims) = serde_json::from_str::<Value>(text) else {
        return;
    };
    let Ok(token) = jwt::sign(&KEY, Typ::ACCESS_TOKEN, &claims) else {
        return;
    };
    if let Ok(verified) = jwt::verify(&token, &KEYS, &policy, now) {
        assert_eq!(
            verified.claims.issuer.as_deref(),
            Some("https://as.example")
        );
        assert_eq!(claims["iss"], "https://as.example");
    }
});
