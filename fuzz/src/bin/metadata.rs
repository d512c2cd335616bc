//! Metadata of an authorization server: what was read is written, and read again as the same.

#![no_main]

use grantor_core::{Issuer, ServerMetadata};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // The issuer that was asked is the one the document names, or nothing past it is reached.
    let Ok(document) = serde_json::from_slice::<serde_json::Value>(input) else {
        return;
    };
    let Some(Ok(asked)) = document["issuer"].as_str().map(Issuer::parse) else {
        return;
    };
    if let Ok(mut metadata) = ServerMetadata::parse(input, &asked) {
        let mut read = ServerMetadata::parse(metadata.to_json().as_bytes(), &asked).unwrap();
        assert!(read.extra.keys().eq(metadata.extra.keys()));
        // The last digit of a long number may change on the way; no member of ours is one.
        read.extra.clear();
        metadata.extra.clear();
        assert_eq!(read, metadata);
    }
});
