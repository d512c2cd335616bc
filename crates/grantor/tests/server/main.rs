//! The server by the front door: the README's, and the examples, which run here.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod actix;
mod bound_tokens;
mod browser;
mod calls;
mod examples;
mod exchange;
mod grants;
mod in_process;
mod mcp_resource;
mod own_login;
mod own_parts;
mod python_oauth2;
mod python_oauth2_tables;
mod readme;
mod second_factor;
mod sign_in_axum;
mod signing_clients;
