//! Keys in PEM from anybody.

#![no_main]

use grantor_jose::{Algorithm, Key, PublicKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(key) = PublicKey::from_pem(text) {
        let read = PublicKey::from_pem(&key.to_pem()).unwrap();
        assert_eq!(read.thumbprint(), key.thumbprint());
    }
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256] {
        if let Ok(key) = Key::from_pem(algorithm, text) {
            let pem = key.to_pkcs8_pem().unwrap();
            let read = Key::from_pem(algorithm, &pem).unwrap();
            assert_eq!(read.key_id(), key.key_id());
            assert!(PublicKey::from_pem(text).is_err());
        }
    }
});
