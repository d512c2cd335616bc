//! JWKs from anybody: what is read is written and read again as the same key.

#![no_main]

use grantor_jose::jwe::DecryptionKey;
use grantor_jose::{Key, KeySet, PublicKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(key) = PublicKey::from_jwk(text) {
        let written = serde_json::to_string(&key).unwrap();
        let read = PublicKey::from_jwk(&written).unwrap();
        assert_eq!(read.thumbprint(), key.thumbprint());
        let der = key.to_spki_der();
        assert_eq!(
            PublicKey::from_spki_der(&der).unwrap().thumbprint(),
            key.thumbprint()
        );
        assert!(Key::from_jwk(text).is_err());
    }
    if let Ok(key) = Key::from_jwk(text) {
        let written = key.to_private_jwk().unwrap();
        assert_eq!(Key::from_jwk(&written).unwrap().key_id(), key.key_id());
        assert!(PublicKey::from_jwk(text).is_err());
    }
    if let Ok(key) = DecryptionKey::from_jwk(text) {
        let written = key.to_private_jwk().unwrap();
        assert_eq!(
            DecryptionKey::from_jwk(&written).unwrap().key_id(),
            key.key_id()
        );
    }
    let _ = KeySet::from_secrets_json(text.as_bytes());
});
