//! The lookup of clients.

use std::fmt::Debug;
use std::sync::Arc;

use grantor_core::BoxFuture;
use http::request::Parts;

use super::{Client, ClientAuthMethod, Credentials};
use crate::error::Error;

/// Where clients are looked up. [`StoredClients`](crate::StoredClients) keeps them in the server's
/// store; an application may keep its own table.
pub trait Clients: Debug + Send + Sync + 'static {
    /// The client with this identifier, and what its authentication is compared with.
    ///
    /// # Errors
    /// The table can't be read.
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Registered>, Error>>;

    /// The client that a request names. A table that asks others for it limits how often the sender of
    /// `request` makes it ask; any other finds it by its identifier alone.
    ///
    /// # Errors
    /// The table can't be read.
    fn find_for<'a>(
        &'a self,
        id: &'a str,
        request: &'a Parts,
    ) -> BoxFuture<'a, Result<Option<Registered>, Error>> {
        let _ = request;
        self.find(id)
    }

    /// Returns whether a registered resource server has this identifier, so that tokens may be
    /// requested for it.
    ///
    /// # Errors
    /// The table can't be read.
    fn is_resource<'a>(&'a self, resource: &'a str) -> BoxFuture<'a, Result<bool, Error>>;

    /// Whether the client with this identifier still has this epoch, so that its tokens are valid. A
    /// table that can say so without all that [`find`](Self::find) reads has its own answer.
    ///
    /// # Errors
    /// The table can't be read.
    fn is_current<'a>(&'a self, id: &'a str, epoch: &'a str) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let registered = self.find(id).await?;
            Ok(registered.is_some_and(|registered| registered.client.epoch == epoch))
        })
    }
}

/// A client as it was looked up.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Registered {
    /// The client.
    pub client: Arc<Client>,
    /// How its secret is verified.
    pub credentials: Credentials,
}

impl Registered {
    /// A client with its credentials.
    pub fn new(client: impl Into<Arc<Client>>, credentials: Credentials) -> Self {
        Self {
            client: client.into(),
            credentials,
        }
    }

    /// Returns what is wrong with it if its credentials are none for the way in which it authenticates:
    /// a mistake of the table that it comes from.
    pub(crate) fn mistake(&self) -> Option<Error> {
        let method = self.client.auth_method;
        let has_none = matches!(self.credentials, Credentials::None);
        let remedy = match (method, has_none) {
            (method, true) if method.has_secret() => {
                "give it Credentials that verify one, or make it by Client::public"
            }
            (ClientAuthMethod::None, false) => "give it Credentials::None, or another auth_method",
            _ => return None,
        };
        let id = &self.client.id;
        Some(Error::Internal(format!(
            "the table of clients has {id:?} with the method {method:?}, and credentials that are not \
             for that: {remedy}"
        )))
    }
}
