//! Keys in DER from anybody: what is read is written as it was.

#![no_main]

use grantor_jose::jwe::{DecryptionKey, KeyManagement};
use grantor_jose::{Algorithm, Key, PublicKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(key) = PublicKey::from_spki_der(bytes) {
        assert_eq!(key.to_spki_der(), bytes);
    }
    for algorithm in [
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::EdDsa,
        Algorithm::Rs256,
    ] {
        if let Ok(key) = Key::from_pkcs8_der(algorithm, bytes) {
            let pem = key.to_pkcs8_pem().unwrap();
            let read = Key::from_pem(algorithm, &pem).unwrap();
            assert_eq!(read.key_id(), key.key_id());
            assert!(PublicKey::from_spki_der(bytes).is_err());
        }
    }
    for algorithm in [KeyManagement::EcdhEs, KeyManagement::RsaOaep256] {
        let _ = DecryptionKey::from_pkcs8_der(algorithm, bytes);
    }
});
