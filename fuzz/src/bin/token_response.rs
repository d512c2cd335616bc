//! Answers of a token endpoint, from a server that may say anything.

#![no_main]

use grantor_core::TokenResponse;
use http::{Response, StatusCode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, &[u8])| {
    let (status, body) = input;
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let Ok(token) = TokenResponse::from_response(&response) else {
        return;
    };
    let written = Response::new(token.to_json());
    let read = TokenResponse::from_response(&written).unwrap();
    assert_eq!(read.access_token, token.access_token);
    assert_eq!(read.scope, token.scope);
});
