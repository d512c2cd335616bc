//! Metadata of a protected resource, whose `resource` is the one that was asked or a parent of it.

#![no_main]

use grantor_core::ProtectedResourceMetadata;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|input: &[u8]| {
    let Ok(document) = serde_json::from_slice::<serde_json::Value>(input) else {
        return;
    };
    let Some(Ok(asked)) = document["resource"].as_str().map(Url::parse) else {
        return;
    };
    for location in ProtectedResourceMetadata::well_known_urls(&asked) {
        assert_eq!(location.host_str(), asked.host_str());
    }
    if let Ok(metadata) = ProtectedResourceMetadata::parse(input, &asked) {
        let resource = Url::parse(&metadata.resource).unwrap();
        assert_eq!(resource.origin(), asked.origin());
        for issuer in &metadata.authorization_servers {
            assert!(grantor_core::is_secure(issuer.url()));
        }
    }
});
