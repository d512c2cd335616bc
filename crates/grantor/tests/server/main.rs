//! The server by the front door: the README's, and the examples, which run here.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod bound_tokens;
mod calls;
mod examples;
mod exchange;
mod grants;
mod in_process;
mod mcp_resource;
mod own_parts;
mod readme;
mod second_factor;
mod signing_clients;
