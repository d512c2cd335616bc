//! Token requests and the client's authentication: a line of header, then a form.

#![no_main]

use grantor_core::{ClientAuthentication, Params, TokenRequest};
use http::HeaderValue;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let end = input.iter().position(|byte| *byte == b'\n');
    let (header, form) = match end {
        Some(end) => (
            HeaderValue::from_bytes(&input[..end]).ok(),
            &input[end + 1..],
        ),
        None => (None, input),
    };
    let Ok(params) = Params::parse(form) else {
        return;
    };
    if let Ok(client) = ClientAuthentication::from_request(header.as_ref(), &params) {
        let mut written = Params::new();
        let header = client.apply(&mut written);
        let read = ClientAuthentication::from_request(header.as_ref(), &written);
        assert_eq!(read.unwrap(), client);
    }
    if let Ok(request) = TokenRequest::from_params(&params) {
        let read = TokenRequest::from_params(&request.to_params());
        assert_eq!(read.unwrap(), request);
    }
});
