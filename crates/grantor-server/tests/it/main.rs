//! The server as browsers, clients and attackers meet it: whole requests in, whole answers out.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

mod authorization_code;
mod authorization_requests;
mod bodies;
mod client_authentication;
mod client_credentials;
mod codes;
mod metadata;
mod prompt;
mod races;
mod redirect_uris;
mod refresh;
