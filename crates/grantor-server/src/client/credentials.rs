use std::fmt::Debug;
use std::sync::Arc;

use grantor_core::{BoxFuture, Secret, Timestamp};
use grantor_jose::digest::MacKey;

use super::secret_hash::StoredSecret;
use crate::error::Error;

/// How the secret of a client is verified.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Credentials {
    /// The client is public and has no secret.
    None,
    /// By the hashes of the server's own store.
    Hashes(Arc<SecretHashes>),
    /// By the application, whose table may hold bcrypt hashes or ask another service.
    Own(Arc<dyn VerifySecret>),
}

/// Verifies the secret of one client.
pub trait VerifySecret: Debug + Send + Sync + 'static {
    /// Whether `secret` is a secret of this client. A wrong secret must take as long as a right one.
    ///
    /// # Errors
    /// It can't be verified now.
    fn verify<'a>(&'a self, secret: &'a Secret) -> BoxFuture<'a, Result<bool, Error>>;
}

/// The hashes of the secrets of one stored client.
#[derive(Debug)]
pub struct SecretHashes {
    pub(super) client_id: String,
    pub(super) secrets: Vec<StoredSecret>,
    pub(super) key: MacKey,
}

impl SecretHashes {
    fn verify(&self, secret: &Secret, now: Timestamp) -> bool {
        let mut valid = self.secrets.iter().filter(|stored| stored.is_valid(now));
        valid.any(|stored| stored.hash.verify(secret, &self.client_id, &self.key))
    }
}

impl Credentials {
    /// Whether `secret` is one of the client's.
    pub(crate) async fn verify(&self, secret: &Secret, now: Timestamp) -> Result<bool, Error> {
        match self {
            Self::None => Ok(false),
            Self::Hashes(hashes) => Ok(hashes.verify(secret, now)),
            Self::Own(own) => own.verify(secret).await,
        }
    }
}
