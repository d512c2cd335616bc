//! A text that decodes encodes to the same text: there is one way to write some bytes.

#![no_main]

use grantor_jose::base64url;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(bytes) = base64url::decode(text) {
        assert_eq!(base64url::encode(&bytes), text);
    }
    if let Ok(bytes) = base64url::decode_array::<32>(text) {
        assert_eq!(base64url::decode(text).unwrap(), bytes);
    }
});
