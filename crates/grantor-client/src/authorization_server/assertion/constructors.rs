//! The constructors of assertions: each takes the key in another form.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::Secret;
use grantor_jose::{Algorithm, Key, Signer};
use serde_json::Map;

use super::signing_key::{KeyFile, KeyForm, SigningKey};
use super::{Assertion, AssertionSubject, Audience, ScopeLocation};
use crate::error::Error;

const LIFETIME: Duration = Duration::from_secs(300);

impl Assertion {
    /// Signed with a key of this process, under the key's own id.
    pub fn new(key: Key) -> Self {
        Self::signed_by(Arc::new(key))
    }

    /// Signed by a service that has the key: a KMS, an HSM.
    pub fn signed_by(signer: Arc<dyn Signer>) -> Self {
        Self::with_key(SigningKey::Fixed(signer))
    }

    fn with_key(key: SigningKey) -> Self {
        Self {
            key,
            key_id: None,
            issuer: None,
            subject: AssertionSubject::Issuer,
            audience: Audience::Issuer,
            lifetime: LIFETIME,
            backdated: Duration::ZERO,
            typ: None,
            claims: Map::new(),
            header: Map::new(),
            scope: ScopeLocation::Parameter,
        }
    }

    /// Signed with a private key in PEM. It says no key id unless one is named, since the server may
    /// know the key by any.
    ///
    /// # Errors
    /// It is not a private key for this algorithm.
    pub fn from_pem(algorithm: Algorithm, pem: &str) -> Result<Self, Error> {
        let key = Key::from_pem(algorithm, pem).map_err(unusable)?;
        Ok(Self::new(key.with_key_id("")))
    }

    /// Signed with the private key in a PEM file, under no key id unless one is named. The file may be
    /// replaced by another program: each assertion is signed with the key that is in it then. While the
    /// file has no key for this algorithm, the last one stays in use, and a warning is logged.
    ///
    /// ```no_run
    /// use grantor_client::{Assertion, Tokens};
    /// use grantor_jose::Algorithm;
    ///
    /// let key = Assertion::from_pem_file(Algorithm::Es256, "/run/secrets/client.pem")?;
    /// let tokens = Tokens::client_credentials("https://idp.example", "app", key).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The file can't be read now, or has no private key for this algorithm.
    pub fn from_pem_file(algorithm: Algorithm, path: impl Into<PathBuf>) -> Result<Self, Error> {
        Self::from_file(path.into(), KeyForm::Pem(algorithm))
    }

    /// Like [`from_pem_file`](Self::from_pem_file), with a private JWK in the file. Its `kid` is that of
    /// the assertion, so that the server finds the new key.
    ///
    /// # Errors
    /// The file can't be read now, or has no private JWK with an algorithm.
    pub fn from_jwk_file(path: impl Into<PathBuf>) -> Result<Self, Error> {
        Self::from_file(path.into(), KeyForm::Jwk)
    }

    fn from_file(path: PathBuf, form: KeyForm) -> Result<Self, Error> {
        let file = KeyFile::open(path, form)?;
        Ok(Self::with_key(SigningKey::File(Arc::new(file))))
    }

    /// Signed with a private JWK whose `alg` says what it signs with, under its `kid`.
    ///
    /// # Errors
    /// It is not a private key, or says no algorithm.
    pub fn from_jwk(jwk: &str) -> Result<Self, Error> {
        Key::from_jwk(jwk).map(Self::new).map_err(unusable)
    }

    /// Signed with a secret that the server knows too, by HMAC.
    ///
    /// # Errors
    /// The secret is shorter than the hash (RFC 7518 section 3.2), or begins with the byte order mark
    /// of the file it was in, or the algorithm takes none.
    pub fn from_secret(algorithm: Algorithm, secret: impl Into<Secret>) -> Result<Self, Error> {
        let secret = secret.into();
        if secret.expose().starts_with('\u{feff}') {
            return Err(Error::configuration(byte_order_mark(
                "the key of the assertion",
            )));
        }
        let key = Key::from_secret(algorithm, secret.expose().as_bytes());
        key.map(Self::new).map_err(unusable)
    }
}

/// A secret with the mark of the file that it was read from.
pub(crate) fn byte_order_mark(what: &str) -> String {
    format!(
        "{what} begins with a byte order mark (U+FEFF), which its file has and the secret has not: \
         save the file without it"
    )
}

fn unusable(error: grantor_jose::Error) -> Error {
    Error::configuration(format!("the key of the assertion: {error}"))
}
