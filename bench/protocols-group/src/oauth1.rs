//! A signature of OAuth 1.0a by HMAC-SHA1 of a request of 400 bytes: at most twice the raw HMAC and the
//! percent-encoding of the same bytes.

use std::cell::RefCell;
use std::hint::black_box;
use std::num::NonZeroU64;

use aws_lc_rs::hmac;
use bytes::Bytes;
use grantor_core::Timestamp;
use grantor_core::oauth1::{Credentials, RequestParts, Signing, base_string};
use harness::Result;
use http::{HeaderMap, Method, Request, Uri};
use oauth1_request::{HMAC_SHA1, ParameterList};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::row::Row;

const URL: &str = "https://api.example.com/1.1/statuses/update.json";
const NONCE: &str = "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgm";
const NOW: u64 = 1_760_000_000;
const FORM: &str = "application/x-www-form-urlencoded";
/// RFC 5849 section 3.6.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The parameters of the form: with the URL they make 400 bytes.
fn pairs() -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = (0..9)
        .map(|number| {
            (
                format!("parameter{number}"),
                format!("value number {number}, ok"),
            )
        })
        .collect();
    let length: usize = form(&pairs).len() + URL.len();
    pairs[0]
        .1
        .push_str(&"x".repeat(400_usize.saturating_sub(length)));
    pairs
}

fn form(pairs: &[(String, String)]) -> String {
    let encode = |text: &str| percent_encode(text.as_bytes(), ENCODED).to_string();
    let pairs = pairs.iter();
    let pairs = pairs.map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

pub(crate) fn row() -> Result<Row> {
    let pairs = pairs();
    let body = form(&pairs);
    assert_eq!(URL.len() + body.len(), 400);
    let mut signing = Signing::new(Credentials::new("consumer-key-12345", "consumer-secret"));
    signing.token = Some(Credentials::new("token-12345", "token-secret"));
    let protocol = [
        ("oauth_consumer_key", "consumer-key-12345"),
        ("oauth_token", "token-12345"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "1760000000"),
        ("oauth_nonce", NONCE),
        ("oauth_version", "1.0"),
    ];
    let protocol = protocol.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let uri: Uri = URL.parse()?;
    let text = base_string(
        &Method::POST,
        &uri,
        &HeaderMap::new(),
        body.as_bytes(),
        &protocol,
    )?;
    let request = Request::post(uri.clone())
        .header("content-type", FORM)
        .body(Bytes::from(body.clone()))?;
    let (key, bytes) = (b"consumer-secret&token-secret", format!("{URL}{body}"));
    Ok(Row {
        ours: (
            "oauth1_hmac_sha1",
            RefCell::new(Box::new(move || {
                let parts = RequestParts::of(black_box(&request));
                let now = Timestamp::from_secs(NOW as i64);
                let signature = signing.signature(&parts, NONCE, now);
                assert!(black_box(signature).is_ok());
            })),
        ),
        raw: (
            "raw_hmac_sha1_and_encoding",
            RefCell::new(Box::new(move || {
                let encoded = percent_encode(black_box(bytes.as_bytes()), ENCODED).to_string();
                black_box(encoded);
                let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
                black_box(hmac::sign(&key, black_box(text.as_bytes())));
            })),
        ),
        peer: ("oauth1_request_hmac_sha1", RefCell::new(theirs(pairs)?)),
        beside_peer: "oauth1_hmac_sha1_beside_oauth1_request",
        instructions_over_raw: "oauth1_hmac_sha1_over_raw_instructions",
        bar: 2.0,
    })
}

fn theirs(pairs: Vec<(String, String)>) -> Result<Box<dyn FnMut()>> {
    let client = oauth1_request::Credentials::new("consumer-key-12345", "consumer-secret");
    let token = oauth1_request::Credentials::new("token-12345", "token-secret");
    let mut builder = oauth1_request::Builder::new(client, HMAC_SHA1);
    builder
        .token(token)
        .nonce(NONCE)
        .timestamp(NonZeroU64::new(NOW));
    Ok(Box::new(move || {
        // Sorted with each request, since each has parameters of its own.
        let pairs = black_box(&pairs).iter();
        let pairs = pairs.map(|(name, value)| (&**name, &**value));
        let request = ParameterList::new(pairs.collect::<Vec<(&str, &str)>>());
        black_box(builder.authorize("POST", black_box(URL), &request));
    }))
}
