//! Clients and their authentication.

mod auth_method;
pub(crate) mod authentication;
#[expect(
    clippy::module_inception,
    reason = "the room is named after what it is about"
)]
mod client;
mod clients;
mod credentials;
mod keys;
mod new_client;
mod record;
mod registrar;
mod secret_hash;
mod stored;

pub use auth_method::{ClientAuthMethod, UnsupportedAuthMethod};
pub use client::Client;
pub use clients::{Clients, Registered};
pub use credentials::{Credentials, SecretHashes, SharedSecrets, VerifySecret};
pub use keys::{ClientKeys, InvalidClientKeys};
pub use new_client::NewClient;
pub use registrar::Registrar;
pub use stored::{StoredClient, StoredClients};
