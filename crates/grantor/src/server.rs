//! An authorization server that embeds in your application, as a `tower` service.
//!
//! Everything of the crate `grantor-server`, and [`open`], which puts a server together with
//! defaults:
//!
//! ```
//! use grantor::server;
//! use grantor::store::MemoryStore;
//!
//! # async fn run(folder: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
//! let opened = server::open("https://id.example.com", MemoryStore::new(), folder).await?;
//! # let opened = opened.without_default_grant_types().grant_type(server::grant_type::ClientCredentials);
//! let server = opened.build().await?;
//! assert_eq!(server.issuer().as_str(), "https://id.example.com");
//! # Ok(())
//! # }
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use grantor_core::Issuer;
use grantor_http::system;
pub use grantor_server::*;
use grantor_store::{MasterKey, Namespace, Store, Stores};

/// Where the key that seals the server's records comes from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum KeySource {
    /// The file `master.key` in this folder; it is made at the first start.
    Folder(PathBuf),
    /// From elsewhere, such as the environment or a key service.
    Key(MasterKey),
}

impl From<&str> for KeySource {
    fn from(folder: &str) -> Self {
        Self::Folder(folder.into())
    }
}

impl From<&Path> for KeySource {
    fn from(folder: &Path) -> Self {
        Self::Folder(folder.into())
    }
}

impl From<PathBuf> for KeySource {
    fn from(folder: PathBuf) -> Self {
        Self::Folder(folder)
    }
}

impl From<MasterKey> for KeySource {
    fn from(key: MasterKey) -> Self {
        Self::Key(key)
    }
}

/// Begins a server for `issuer` that keeps all its records in `store`, sealed under `key`, with the
/// system's clock and randomness. [`ServerBuilder::build`] gives the server, after changes or without.
///
/// With the feature `site` the builder has the site of the crate `grantor-site`, with accounts and pages;
/// [`ServerBuilder::site`] sets your own instead. Without that feature a server that issues codes needs a
/// site of your own.
///
/// With the feature `reqwest` it fetches what clients name, from public addresses alone;
/// [`ServerBuilder::transport_with`] sets another way out.
///
/// The clients are those of [`Server::clients`]. The command `grantor` works on them too, if the
/// store is the SQLite file `grantor.db` in the folder of the key: `grantor client add ID --data
/// FOLDER`.
///
/// The records have the namespace `grantor`, so a store has one issuer. [`Server::builder`] is the long form,
/// for several issuers in one store, for records of several stores, and for a clock of your own.
///
/// # Errors
/// The issuer is no https URL (nor http on a loopback address), the key can't be read or made, or it
/// is not the one that the store is sealed under.
pub async fn open(
    issuer: &str,
    store: impl Store,
    key: impl Into<KeySource>,
) -> Result<ServerBuilder, BuildError> {
    let issuer = Issuer::parse(issuer)?;
    let store: Arc<dyn Store> = Arc::new(store);
    let namespace = Namespace::new("grantor");
    let key = match key.into() {
        KeySource::Folder(folder) => MasterKey::open(&folder, &store, namespace, &system()).await?,
        KeySource::Key(key) => {
            key.check(&store, namespace, &system()).await?;
            key
        }
    };
    let stores = Stores::new(store, namespace, system()).seal_under(key.sealing_key());
    let builder = Server::builder(issuer, stores);
    #[cfg(feature = "reqwest")]
    let builder = builder.transport_with(|addresses| {
        let options = grantor_http::TransportOptions::default();
        match addresses {
            grantor_http::Addresses::Public => {
                grantor_http::ReqwestTransport::to_public_addresses(&options)
            }
            _ => grantor_http::ReqwestTransport::with_options(&options),
        }
    });
    #[cfg(feature = "site")]
    let builder = builder.site_with(grantor_site::AccountSite::for_server);
    Ok(builder)
}
