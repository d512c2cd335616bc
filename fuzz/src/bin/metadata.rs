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
    if let Ok(metadata) = ServerMetadata::parse(input, &asked) {
        let written = metadata.to_json();
        assert_eq!(ServerMetadata::parse(written.as_bytes(), &asked).unwrap(), metadata);
    }
});
