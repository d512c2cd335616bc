//! Requests of OAuth 1.0a with any URI, form and credentials: a signature leaves no trace in what was
//! signed, and the answers of a server that may say anything.

#![no_main]

use bytes::Bytes;
use grantor_core::Timestamp;
use grantor_core::oauth1::{Credentials, CredentialsResponse, Placement, Signing, base_string};
use http::{HeaderMap, Method, Request, Response, Uri};
use libfuzzer_sys::fuzz_target;

const FORM: &str = "application/x-www-form-urlencoded";

// The URI in the first line, the secret in the second one, the form in the rest.
fuzz_target!(|input: &str| {
    let mut lines = input.splitn(3, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (uri, secret, body) = (line(), line(), line().as_bytes());
    let answer = Response::new(body);
    let _ = CredentialsResponse::temporary(&answer);
    let _ = CredentialsResponse::token(&answer);
    let Ok(uri) = uri.parse::<Uri>() else {
        return;
    };
    let protocol = [("oauth_nonce".to_owned(), secret.to_owned())];
    let one = base_string(&Method::POST, &uri, &HeaderMap::new(), body, &protocol);
    if let Ok(one) = &one {
        // Three parts, in each of which `&` is encoded.
        assert_eq!(one.split('&').count(), 3);
        assert!(one.is_ascii() && !one.contains('+') && !one.contains(' '));
    }
    let mut signing = Signing::new(Credentials::new(secret, secret));
    signing.placement = match input.len() % 3 {
        0 => Placement::Header,
        1 => Placement::Query,
        _ => Placement::Body,
    };
    let request = Request::post(uri).header("content-type", FORM);
    let mut request = request.body(Bytes::copy_from_slice(body)).unwrap();
    let before = request.clone();
    let signed = signing.sign(&mut request, secret, Timestamp::from_secs(1));
    if signed.is_err() {
        assert_eq!(request.uri(), before.uri());
        assert_eq!(request.body(), before.body());
        return;
    }
    assert!(one.is_ok());
    match signing.placement {
        Placement::Header => assert!(request.headers().contains_key("authorization")),
        Placement::Query => assert!(request.uri().query().unwrap().contains("oauth_signature=")),
        _ => assert!(request.body().len() > before.body().len()),
    }
    // A signed request is not signed again.
    assert!(
        signing
            .sign(&mut request, "n", Timestamp::from_secs(1))
            .is_err()
    );
});
