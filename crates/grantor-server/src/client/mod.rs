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
#[cfg(feature = "fetch")]
mod documents;
mod keys;
mod new_client;
mod new_client_problems;
mod record;
mod registered_by;
mod registrar;
mod registration_policy;
mod registration_record;
mod secret_hash;
pub(crate) mod self_described;
mod stored;

pub use auth_method::{ClientAuthMethod, UnsupportedAuthMethod};
pub use client::Client;
pub use clients::{Clients, Registered};
pub use credentials::{Credentials, SecretHashes, SharedSecrets, VerifySecret};
#[cfg(feature = "fetch")]
pub(crate) use documents::DocumentClients;
pub use keys::{ClientKeys, InvalidClientKeys};
pub use new_client::NewClient;
pub use registered_by::RegisteredBy;
pub use registrar::Registrar;
pub use registration_policy::RegistrationPolicy;
pub(crate) use registration_record::Description;
pub(crate) use stored::SelfRegistered;
pub use stored::{StoredClient, StoredClients};
