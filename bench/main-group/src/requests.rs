//! The requests that are measured.

use bytes::Bytes;
use harness::Exchange;

/// The request of every load, and of every count but that of introspection.
pub(crate) const TOKEN: Exchange = Exchange {
    path: "/token",
    headers: HEADERS,
    body: Bytes::from_static(b"grant_type=client_credentials&scope=read"),
};

/// Headers of a form by the client `client` with the secret `secret`.
pub(crate) const HEADERS: &[(&str, &str)] = &[
    ("authorization", "Basic Y2xpZW50OnNlY3JldA=="),
    ("content-type", "application/x-www-form-urlencoded"),
    ("accept", "application/json"),
];
