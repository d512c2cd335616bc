use grantor_core::{BoxFuture, Secret};
use std::fmt::Debug;
use std::sync::Arc;

use super::Client;
use crate::Error;

/// Where clients are looked up. [`StoredClients`] keeps them in the server's store; an application
/// may keep its own table.
pub trait Clients: Debug + Send + Sync + 'static {
    /// The client with this identifier.
    ///
    /// # Errors
    /// The table can't be read.
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Arc<Client>>, Error>>;

    /// Whether `secret` is a secret of this client. It must take the same time for a wrong one.
    ///
    /// # Errors
    /// The table can't be read.
    fn verify_secret<'a>(
        &'a self,
        client: &'a Client,
        secret: &'a Secret,
    ) -> BoxFuture<'a, Result<bool, Error>>;

    /// Whether a registered resource server has this identifier, so that tokens may be asked for it.
    ///
    /// # Errors
    /// The table can't be read.
    fn is_resource<'a>(&'a self, resource: &'a str) -> BoxFuture<'a, Result<bool, Error>>;
}
