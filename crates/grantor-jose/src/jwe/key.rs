//! Keys to decrypt with.

use std::fmt;

use aws_lc_rs::agreement::{self, PrivateKey, X25519};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{KeySize, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use zeroize::Zeroizing;

use super::content_key::MAX_KEY_BYTES;
use super::header::Headers;
use super::parameters::Usual;
use super::shared::Shared;
use super::{ContentEncryption, EncryptionKey, KeyManagement, agreement as ecdh};
use crate::base64url::Wide;
use crate::jwk::{Curve, Material};
use crate::{Error, PublicKey, der};

/// A private or secret key in this process, parsed once, that decrypts with one algorithm.
///
/// It can't be serialized, and its `Debug` shows only what is public.
pub struct DecryptionKey {
    pub(super) secret: Secret,
    algorithm: KeyManagement,
    /// The one encryption that a key used directly is for, if its JWK says so.
    pub(super) encryption: Option<ContentEncryption>,
    public: Option<PublicKey>,
    key_id: String,
    /// Takes the place of a content's key that is wrong: as random as a new one, and without the
    /// time that one takes.
    pub(super) substitute: Zeroizing<[u8; MAX_KEY_BYTES]>,
    pub(super) wide: Wide,
    headers: Headers,
}

pub(super) enum Secret {
    /// The document is kept to write the key again.
    Rsa(Box<OaepPrivateDecryptingKey>, Zeroizing<Vec<u8>>),
    Agreement(Box<PrivateKey>),
    Shared(Box<Shared>),
}

impl DecryptionKey {
    /// A new key: RSA with 2048 bits, the curve X25519, or a secret as long as the algorithm
    /// wants it. For `dir` see [`from_secret`](Self::from_secret), for passwords
    /// [`from_password`](Self::from_password).
    ///
    /// # Errors
    /// [`Error::UnsupportedKey`] for `dir` and passwords, [`Error::Unavailable`].
    pub fn generate(algorithm: KeyManagement) -> Result<Self, Error> {
        if algorithm.is_rsa() {
            let key = PrivateDecryptingKey::generate(KeySize::Rsa2048);
            return Self::from_rsa(algorithm, key.map_err(|_| Error::Unavailable)?);
        }
        if algorithm.is_agreement() {
            return Self::generate_agreement(algorithm, &X25519);
        }
        match algorithm.wrapping_key_length() {
            Some(length) if !algorithm.is_password() => {
                let mut secret = Zeroizing::new(vec![0; length]);
                rand::fill(&mut secret).map_err(|_| Error::Unavailable)?;
                Self::from_secret(algorithm, &secret)
            }
            _ => Err(Error::UnsupportedKey),
        }
    }

    /// A new key of the curve P-256, which all who have ECDH-ES have.
    ///
    /// # Errors
    /// [`Error::UnsupportedKey`] if `algorithm` is no agreement, [`Error::Unavailable`].
    pub fn generate_p256(algorithm: KeyManagement) -> Result<Self, Error> {
        Self::generate_agreement(algorithm, &agreement::ECDH_P256)
    }

    fn generate_agreement(
        algorithm: KeyManagement,
        curve: &'static agreement::Algorithm,
    ) -> Result<Self, Error> {
        if !algorithm.is_agreement() {
            return Err(Error::UnsupportedKey);
        }
        let key = PrivateKey::generate(curve).map_err(|_| Error::Unavailable)?;
        let like = if *curve == X25519 {
            Material::X25519 { x: [0; 32] }
        } else {
            Material::Ec {
                curve: Curve::P256,
                point: Vec::new(),
            }
        };
        let public = ecdh::public(&key, &like)?;
        Self::from_agreement(algorithm, key, public)
    }

    /// A shared key. For `dir` it must have the length that the encryption of the content wants.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] if it has another length than the algorithm's,
    /// [`Error::UnsupportedKey`] if `algorithm` uses no shared key.
    pub fn from_secret(algorithm: KeyManagement, secret: &[u8]) -> Result<Self, Error> {
        let fits = match algorithm.wrapping_key_length() {
            _ if !algorithm.is_symmetric() || algorithm.is_password() => {
                return Err(Error::UnsupportedKey);
            }
            Some(length) => secret.len() == length,
            None => ContentEncryption::ALL
                .iter()
                .any(|one| one.key_length() == secret.len()),
        };
        if !fits {
            return Err(Error::InvalidKey("k"));
        }
        Self::shared(algorithm, secret)
    }

    /// A password, for an algorithm with PBES2.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] if it is empty or longer than 128 bytes (RFC 7518 section 8.8),
    /// [`Error::UnsupportedKey`] if `algorithm` uses none.
    pub fn from_password(algorithm: KeyManagement, password: &[u8]) -> Result<Self, Error> {
        if !algorithm.is_password() {
            return Err(Error::UnsupportedKey);
        }
        if password.is_empty() || password.len() > 128 {
            return Err(Error::InvalidKey("k"));
        }
        Self::shared(algorithm, password)
    }

    fn shared(algorithm: KeyManagement, secret: &[u8]) -> Result<Self, Error> {
        let secret = Secret::Shared(Box::new(Shared::new(algorithm, secret)));
        Self::with(algorithm, secret, None)
    }

    fn with(
        algorithm: KeyManagement,
        secret: Secret,
        public: Option<PublicKey>,
    ) -> Result<Self, Error> {
        let mut substitute = Zeroizing::new([0; MAX_KEY_BYTES]);
        rand::fill(&mut *substitute).map_err(|_| Error::Unavailable)?;
        Ok(Self {
            secret,
            algorithm,
            encryption: None,
            public,
            key_id: String::new(),
            substitute,
            wide: Wide::new(),
            headers: Headers::new(algorithm, ""),
        })
    }

    pub(super) fn from_rsa(
        algorithm: KeyManagement,
        key: PrivateDecryptingKey,
    ) -> Result<Self, Error> {
        let unavailable = |_| Error::Unavailable;
        let document: Pkcs8V1Der<'_> = key.as_der().map_err(unavailable)?;
        let document = Zeroizing::new(document.as_ref().to_vec());
        let numbers = der::rsa_private_key(&document).ok_or(Error::NotPkcs8)?;
        let material = Material::Rsa {
            n: numbers[0].to_vec(),
            e: numbers[1].to_vec(),
        };
        let key = OaepPrivateDecryptingKey::new(key).map_err(unavailable)?;
        Self::with_public(algorithm, Secret::Rsa(Box::new(key), document), material)
    }

    pub(super) fn from_agreement(
        algorithm: KeyManagement,
        key: PrivateKey,
        public: Material,
    ) -> Result<Self, Error> {
        Self::with_public(algorithm, Secret::Agreement(Box::new(key)), public)
    }

    fn with_public(
        algorithm: KeyManagement,
        secret: Secret,
        material: Material,
    ) -> Result<Self, Error> {
        let public = PublicKey::for_encryption(material, algorithm)?;
        let key_id = public.thumbprint();
        Self::with(algorithm, secret, Some(public)).map(|key| key.with_key_id(key_id))
    }

    /// The same key under another id than its thumbprint; under none if it is empty.
    #[must_use]
    pub fn with_key_id(self, key_id: impl Into<String>) -> Self {
        let key_id = key_id.into();
        Self {
            public: self.public.map(|public| public.with_key_id(&*key_id)),
            headers: Headers::new(self.algorithm, &key_id),
            key_id,
            ..self
        }
    }

    /// Returns the algorithm that it decrypts with.
    #[must_use]
    pub const fn algorithm(&self) -> KeyManagement {
        self.algorithm
    }

    /// Its `kid`; empty if it has none, as a shared key has at first.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The key to publish, with the same id; nothing for a shared one.
    #[must_use]
    pub const fn public(&self) -> Option<&PublicKey> {
        self.public.as_ref()
    }

    /// Returns the key that encrypts to this key.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn encryption_key(&self) -> Result<EncryptionKey, Error> {
        match (&self.public, &self.secret) {
            (Some(public), _) => EncryptionKey::new(public, self.algorithm),
            (None, Secret::Shared(secret)) => Ok(EncryptionKey::shared(
                self.algorithm,
                secret.bytes(),
                self.encryption,
                &self.key_id,
            )),
            (None, _) => Err(Error::Unavailable),
        }
    }

    /// Returns the contents of an encoded header, if it is one of those that most tokens for this
    /// key have: it is known without being read.
    pub(super) fn usual_header(&self, encoded: &str) -> Option<Usual<'_>> {
        let (encryption, content_type) = self.headers.find(encoded)?;
        let key_id = (!self.key_id.is_empty()).then_some(&*self.key_id);
        Some((self.algorithm, encryption, key_id, content_type))
    }

    /// Returns whether a token with this header can be for this key.
    pub(super) fn fits(
        &self,
        key_id: Option<&str>,
        algorithm: KeyManagement,
        encryption: ContentEncryption,
    ) -> bool {
        self.algorithm == algorithm
            && self.encryption.is_none_or(|only| only == encryption)
            && key_id.is_none_or(|id| id == self.key_id)
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionKey")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}
