//! `Authorization` headers and the parameters beside them: how a client says who it is.

#![no_main]

use grantor_core::{ClientAuthentication, Params, RequestView};
use http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;

// The header in the first line, the form in the rest.
fuzz_target!(|input: &[u8]| {
    let mut lines = input.splitn(2, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (value, form) = (line(), line());
    let Ok(value) = HeaderValue::from_bytes(value) else {
        return;
    };
    let headers: HeaderMap = [(header::AUTHORIZATION, value)].into_iter().collect();
    let Ok(params) = Params::parse(form) else {
        return;
    };
    let view = RequestView::new(&headers, &params);
    let Ok(client) = ClientAuthentication::from_request(&view) else {
        return;
    };
    // A header that was read is one that is written the same way.
    if let ClientAuthentication::Basic {
        client_id,
        client_secret,
    } = &client
    {
        assert!(!client_id.is_empty());
        let written = ClientAuthentication::Basic {
            client_id: client_id.clone(),
            client_secret: client_secret.clone(),
        };
        let mut params = Params::new();
        let header = written.apply(&mut params);
        let headers: HeaderMap = header
            .into_iter()
            .map(|value| (header::AUTHORIZATION, value))
            .collect();
        let view = RequestView::new(&headers, &params);
        assert_eq!(ClientAuthentication::from_request(&view), Ok(client));
    }
});
