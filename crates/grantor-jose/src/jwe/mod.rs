//! JWE (RFC 7516): compact and in JSON, to one recipient or several.
//!
//! A key has one algorithm. All faults of the encrypted parts give the same error.
//! `RSA1_5` and the curve X448 are not supported.
//!
//! ```
//! use grantor_jose::jwe::{self, ContentEncryption, DecryptionKey, EncryptionKey, KeyManagement};
//!
//! let key = DecryptionKey::generate(KeyManagement::EcdhEsA128Kw)?;
//! let published = serde_json::to_string(key.public().unwrap())?;
//!
//! let theirs = grantor_jose::PublicKey::from_jwk(&published)?;
//! let theirs = EncryptionKey::new(&theirs, KeyManagement::EcdhEsA128Kw)?;
//! let header = jwe::Header::new();
//! let token = jwe::encrypt(&theirs, ContentEncryption::A256Gcm, &header, b"hello")?;
//!
//! let jwe = jwe::decrypt(&token, &[key], &jwe::Policy::new())?;
//! assert_eq!(jwe.plaintext, b"hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod agreement;
mod content;
mod content_key;
mod decrypt;
mod encrypt;
mod encryption_key;
mod export;
mod header;
mod import;
mod key;
mod key_algorithm;
mod parameters;
mod parse;
mod policy;
mod shared;
#[cfg(test)]
mod tests;
mod unwrap;
mod wrap;

use std::fmt;

pub use crate::jwe_algorithm::{ContentEncryption, KeyManagement};
pub use decrypt::{decrypt, decrypt_json};
pub use encrypt::{encrypt, encrypt_json};
pub use encryption_key::EncryptionKey;
pub use header::Header;
pub use key::DecryptionKey;
pub use policy::Policy;

/// A token that was decrypted, and so was not changed since it was encrypted. Its sender is
/// not known, unless the key is shared.
#[derive(Clone)]
#[non_exhaustive]
pub struct Jwe {
    /// How the key of the content was found.
    pub algorithm: KeyManagement,
    /// How the content was encrypted.
    pub encryption: ContentEncryption,
    /// The `kid` of its header.
    pub key_id: Option<String>,
    /// The `typ` of its header, unchanged.
    pub typ: Option<String>,
    /// The `cty` of its header, unchanged: the type of the content.
    pub content_type: Option<String>,
    /// The content.
    pub plaintext: Vec<u8>,
}

impl fmt::Debug for Jwe {
    /// Leaves out the content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwe")
            .field("algorithm", &self.algorithm)
            .field("encryption", &self.encryption)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}
