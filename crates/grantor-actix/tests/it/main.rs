//! A server in an actix-web application, over loopback sockets.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod code_flow;
mod mount;
mod protect;
mod support;
