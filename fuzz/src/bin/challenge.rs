//! `WWW-Authenticate` headers: what was read is written, and read again as the same.

#![no_main]

use grantor_core::Challenge;
use http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;

fn read(value: HeaderValue) -> Vec<Challenge> {
    let headers: HeaderMap = [(header::WWW_AUTHENTICATE, value)].into_iter().collect();
    Challenge::from_headers(&headers)
}

fuzz_target!(|value: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(value) else {
        return;
    };
    for challenge in read(value) {
        assert_eq!(read(challenge.to_header()), [challenge]);
    }
});
