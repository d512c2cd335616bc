//! What a client says of itself: what was read is written, and read again as the same; and the URL of
//! its document.

#![no_main]

use grantor_core::{ClientIdUrl, ClientInformation, ClientMetadata};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(metadata) = ClientMetadata::parse(input) {
        let read = ClientMetadata::parse(metadata.to_json().as_bytes()).unwrap();
        assert_eq!(read.redirect_uris, metadata.redirect_uris);
        assert_eq!(read.scope, metadata.scope);
        assert!(read.extra.keys().eq(metadata.extra.keys()));
    }
    if let Ok(information) = ClientInformation::parse(input) {
        let read = ClientInformation::parse(information.to_json().as_bytes()).unwrap();
        assert_eq!(read.client_id, information.client_id);
        assert_eq!(read.client_secret, information.client_secret);
    }
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(url) = ClientIdUrl::parse(text) {
        assert_eq!(url.as_str(), text);
        assert!(!url.host().is_empty());
        let _ = ClientMetadata::parse_document(input, &url);
    }
});
