//! `WWW-Authenticate` headers: what was written is read as the same.

#![no_main]

use grantor_core::AuthenticateChallenge;
use http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;

fn read(value: HeaderValue) -> Vec<AuthenticateChallenge> {
    let headers: HeaderMap = [(header::WWW_AUTHENTICATE, value)].into_iter().collect();
    AuthenticateChallenge::from_headers(&headers)
}

fuzz_target!(|value: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(value) else {
        return;
    };
    for challenge in read(value) {
        // Writing leaves out what not every header may have, so what it left is compared.
        let written = read(challenge.to_header());
        assert_eq!(written.len(), 1);
        assert_eq!(read(written[0].to_header()), written);
    }
});
