//! Token requests and the client's authentication: a line of header, then a form.

#![no_main]

use grantor_core::{ClientAuthentication, Params, RequestView, TokenRequest};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
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
    let with = |header: Option<HeaderValue>| -> HeaderMap {
        header
            .map(|value| (AUTHORIZATION, value))
            .into_iter()
            .collect()
    };
    let headers = with(header);
    if let Ok(client) = ClientAuthentication::from_request(&RequestView::new(&headers, &params)) {
        let mut written = Params::new();
        let headers = with(client.apply(&mut written));
        let read = ClientAuthentication::from_request(&RequestView::new(&headers, &written));
        assert_eq!(read.unwrap(), client);
    }
    if let Ok(request) = TokenRequest::from_params(&params) {
        let read = TokenRequest::from_params(&request.to_params());
        assert_eq!(read.unwrap(), request);
    }
});
