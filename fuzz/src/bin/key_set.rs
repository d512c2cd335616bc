//! JWK Sets from anybody: keys are read or skipped, and a private one never passes.

#![no_main]

use grantor_jose::KeySet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &[u8]| {
    if let Ok(set) = KeySet::from_json(json) {
        // The reader takes a byte order mark, which serde_json does not.
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        let document: serde_json::Value = serde_json::from_slice(json).unwrap();
        let entries = document["keys"].as_array().unwrap();
        assert_eq!(set.keys().len() + set.skipped().len(), entries.len());
        assert!(entries.iter().all(|key| key.get("d").is_none()));
    }
});
