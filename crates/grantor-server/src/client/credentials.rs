//! Verification of a client's secret.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    /// The secrets themselves, under which [`client_secret_jwt`](crate::ClientAuthMethod) is verified.
    Shared(Arc<SharedSecrets>),
    /// By the application, whose table may hold bcrypt hashes or ask another service.
    Own(Arc<dyn VerifySecret>),
}

/// Verifies the secret of one client.
pub trait VerifySecret: Debug + Send + Sync + 'static {
    /// Returns whether `secret` is a secret of this client. A wrong secret must take as long as a
    /// right one.
    ///
    /// # Errors
    /// It can't be verified now.
    fn verify<'a>(&'a self, secret: &'a Secret) -> BoxFuture<'a, Result<bool, Error>>;
}

/// The secrets of a client that signs with them. Its `Debug` shows none.
#[derive(Debug, Clone, Default)]
pub struct SharedSecrets(pub(super) Vec<(Secret, Option<Timestamp>)>);

impl SharedSecrets {
    /// Secrets that are valid until they are replaced.
    pub fn new(secrets: impl IntoIterator<Item = impl Into<Secret>>) -> Self {
        let secrets = secrets.into_iter();
        Self(secrets.map(|secret| (secret.into(), None)).collect())
    }
}

/// The hashes of the secrets of one stored client.
#[derive(Debug)]
pub struct SecretHashes {
    pub(super) client_id: String,
    pub(super) secrets: Vec<StoredSecret>,
    pub(super) key: MacKey,
    /// The secret that was verified last and when it expires, so that a client that calls again and
    /// again is hashed once for each time it is read from the store.
    pub(super) verified: Mutex<Option<(Secret, Option<Timestamp>)>>,
}

impl SecretHashes {
    fn verify(&self, secret: &Secret, now: Timestamp) -> bool {
        let valid = |expires_at: Option<Timestamp>| expires_at.is_none_or(|at| now < at);
        let is_known = |(known, expires_at): &(Secret, _)| valid(*expires_at) && known == secret;
        if self.verified().as_ref().is_some_and(is_known) {
            return true;
        }
        let mut stored = self.secrets.iter().filter(|s| valid(s.expires_at));
        let found = stored.find(|s| s.hash.verify(secret, &self.client_id, &self.key));
        if let Some(found) = found {
            *self.verified() = Some((secret.clone(), found.expires_at));
        }
        found.is_some()
    }

    fn verified(&self) -> MutexGuard<'_, Option<(Secret, Option<Timestamp>)>> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Credentials {
    /// Returns whether a secret may be one that can be guessed, or costs much to verify: any but a
    /// generated one.
    pub(crate) fn has_chosen(&self) -> bool {
        match self {
            Self::None => false,
            Self::Hashes(hashes) => hashes.secrets.iter().any(|secret| secret.hash.is_chosen()),
            Self::Shared(_) | Self::Own(_) => true,
        }
    }

    /// The secrets that assertions may be signed under.
    pub(crate) fn shared_secrets(&self, now: Timestamp) -> impl Iterator<Item = &Secret> {
        let secrets = match self {
            Self::Shared(shared) => shared.0.as_slice(),
            _ => &[],
        };
        let valid = move |end: &Option<Timestamp>| end.is_none_or(|at| now < at);
        secrets
            .iter()
            .filter(move |(_, end)| valid(end))
            .map(|(secret, _)| secret)
    }

    /// Returns whether `secret` is one of the client's.
    pub(crate) async fn verify(&self, secret: &Secret, now: Timestamp) -> Result<bool, Error> {
        match self {
            Self::None | Self::Shared(_) => Ok(false),
            Self::Hashes(hashes) => Ok(hashes.verify(secret, now)),
            Self::Own(own) => own.verify(secret).await,
        }
    }
}
