//! The server by the front door: the README's, and the examples, which run here.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod calls;
mod examples;
mod grants;
mod mcp_resource;
mod own_parts;
mod readme;
mod second_factor;
