//! Who may ask for tokens.

mod authentication;
#[expect(
    clippy::module_inception,
    reason = "the room is named after what it is about"
)]
mod client;
mod clients;
mod secret_hash;
mod stored;

pub use client::{Client, NewClient};
pub use clients::Clients;
pub use stored::StoredClients;
