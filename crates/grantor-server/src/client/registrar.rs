//! The registration of clients.

use std::fmt::Debug;
use std::time::Duration;

use grantor_core::{BoxFuture, Secret};

use super::{Client, NewClient};
use crate::error::Error;

/// Registers clients and changes them: for the command line, pages of an administrator, and dynamic
/// registration. [`StoredClients`](crate::StoredClients) is one.
pub trait Registrar: Debug + Send + Sync + 'static {
    /// Registers a client. Returns the secret that was generated, if one was.
    ///
    /// # Errors
    /// [`Error::Refused`] with everything that is wrong with it, or that the identifier or the
    /// resource is taken; or the store failed.
    fn create<'a>(&'a self, new: NewClient) -> BoxFuture<'a, Result<Option<Secret>, Error>>;

    /// Changes what a client may do. Its identifier and epoch stay, so its tokens stay valid. Its
    /// secrets stay too, unless its new method of authentication needs them in another form. Returns the client as it is now; none if there is no such client.
    ///
    /// # Errors
    /// [`Error::Refused`] with everything that is wrong with the client; or the store failed.
    fn update<'a>(
        &'a self,
        id: &'a str,
        change: Box<dyn Fn(&mut Client) + Send + Sync + 'a>,
    ) -> BoxFuture<'a, Result<Option<Client>, Error>>;

    /// Removes a client, and returns whether there was one; all its tokens become invalid.
    ///
    /// # Errors
    /// The store failed.
    fn remove<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<bool, Error>>;

    /// Gives a client a new secret, `chosen` or a generated one. The old one stays valid for
    /// `keep_old`. Returns the secret that was generated, if one was.
    ///
    /// # Errors
    /// There is no such client, it has no secret, or the store failed.
    fn rotate_secret<'a>(
        &'a self,
        id: &'a str,
        chosen: Option<Secret>,
        keep_old: Duration,
    ) -> BoxFuture<'a, Result<Option<Secret>, Error>>;
}
