//! Keys that sign elsewhere, as in a service or a device.

use std::fmt;

use crate::{Algorithm, Key, PublicKey};

/// A future on the heap, as object-safe asynchronous traits return it.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something that signs with one key, wherever that key lives.
///
/// [`Key`] signs in this process. Implement the trait for a key that never leaves its service
/// (a KMS, an HSM, a Vault); its signatures have the form of JWS, which for ECDSA is R and S
/// side by side (RFC 7518 section 3.4) and not the DER that most services answer with.
pub trait Signer: fmt::Debug + Send + Sync + 'static {
    /// Returns the algorithm of its signatures.
    fn algorithm(&self) -> Algorithm;

    /// The `kid` that its tokens and its published key carry.
    fn key_id(&self) -> &str;

    /// The key to publish; nothing for a symmetric one.
    fn public_key(&self) -> Option<&PublicKey>;

    /// Signs `input`, all of it, hashing included.
    fn sign<'a>(&'a self, input: &'a [u8]) -> BoxFuture<'a, Result<Signature, SignError>>;

    /// The key itself if it is in this process: then tokens are signed without a future.
    fn local(&self) -> Option<&Key> {
        None
    }
}

/// A signature in the form of JWS.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature(Vec<u8>);

impl Signature {
    /// Takes the bytes.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

/// Nothing was signed.
#[derive(Debug)]
pub struct SignError {
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl SignError {
    /// Wraps what the service of the key answered, or a text.
    #[must_use]
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            source: source.into(),
        }
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot sign")
    }
}

impl std::error::Error for SignError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}
