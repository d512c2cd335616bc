//! JWE from anybody: it is refused unless it was encrypted to the key, and a changed one always.

#![no_main]

use std::sync::LazyLock;

use grantor_jose::jwe::{
    self, ContentEncryption, DecryptionKey, EncryptionKey, Header, KeyManagement, Policy,
};
use libfuzzer_sys::fuzz_target;

static KEYS: LazyLock<[DecryptionKey; 4]> = LazyLock::new(|| {
    [
        DecryptionKey::generate_p256(KeyManagement::EcdhEs).unwrap(),
        DecryptionKey::generate(KeyManagement::A192Kw).unwrap(),
        DecryptionKey::generate(KeyManagement::A128GcmKw).unwrap(),
        DecryptionKey::from_secret(KeyManagement::Dir, &[7; 32]).unwrap(),
    ]
});
static ENCRYPTION_KEY: LazyLock<EncryptionKey> =
    LazyLock::new(|| KEYS[3].encryption_key().unwrap());

fuzz_target!(|text: &str| {
    let policy = Policy::new().danger_inflate_up_to(100_000);
    assert!(jwe::decrypt(text, &*KEYS, &policy).is_err());
    assert!(jwe::decrypt_json(text, &*KEYS, &policy).is_err());

    let header = Header::new();
    let encryption = ContentEncryption::A128CbcHs256;
    let token = jwe::encrypt(&ENCRYPTION_KEY, encryption, &header, text.as_bytes()).unwrap();
    if let Ok(jwe) = jwe::decrypt(&token, &*KEYS, &policy) {
        assert_eq!(jwe.plaintext, text.as_bytes());
    } else {
        assert!(token.len() > 128 * 1024);
    }
});
