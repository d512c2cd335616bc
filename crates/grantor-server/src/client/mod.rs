//! Clients and their authentication.

pub(crate) mod authentication;
#[expect(
    clippy::module_inception,
    reason = "the room is named after what it is about"
)]
mod client;
mod clients;
mod credentials;
mod new_client;
mod record;
mod registrar;
mod secret_hash;
mod stored;

pub use client::Client;
pub use clients::{Clients, Registered};
pub use credentials::{Credentials, SecretHashes, VerifySecret};
pub use new_client::NewClient;
pub use registrar::Registrar;
pub use stored::{StoredClient, StoredClients};
