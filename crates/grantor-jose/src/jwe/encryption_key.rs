//! Keys to encrypt to.

use std::fmt;
use std::num::NonZeroU32;

use aws_lc_rs::agreement::{self as ecdh, PrivateKey};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPublicEncryptingKey,
    PublicEncryptingKey, PublicKeyComponents,
};

use super::content::GCM_IV_BYTES;
use super::content_key::ContentKey;
use super::header::{self, Headers};
use super::shared::Shared;
use super::{ContentEncryption, KeyManagement, agreement, wrap};
use crate::base64url::{self, Wide};
use crate::jwk::Material;
use crate::{Error, PublicKey};

/// A key for encrypting JWEs with one algorithm, parsed once.
pub struct EncryptionKey {
    pub(super) key: Recipient,
    algorithm: KeyManagement,
    encryption: Option<ContentEncryption>,
    key_id: String,
    pub(super) headers: Headers,
    pub(super) wide: Wide,
}

pub(super) enum Recipient {
    Rsa(Box<OaepPublicEncryptingKey>),
    Agreement(Material, &'static ecdh::Algorithm),
    Shared(Box<Shared>),
}

impl EncryptionKey {
    /// Encrypts to the holder of the private key.
    ///
    /// # Errors
    /// [`Error::AlgorithmNotAllowed`] if the key is not for `algorithm`.
    pub fn new(public: &PublicKey, algorithm: KeyManagement) -> Result<Self, Error> {
        if !public.encrypts(algorithm) {
            return Err(Error::AlgorithmNotAllowed);
        }
        let key = match public.material() {
            Material::Rsa { n, e } => {
                let key: PublicEncryptingKey = PublicKeyComponents { n, e }
                    .try_into()
                    .map_err(|_| Error::InvalidKey("n"))?;
                let key = OaepPublicEncryptingKey::new(key);
                Recipient::Rsa(Box::new(key.map_err(|_| Error::Unavailable)?))
            }
            material => {
                let (curve, _) = agreement::parts(material).ok_or(Error::UnsupportedKey)?;
                Recipient::Agreement(material.clone(), curve)
            }
        };
        let key_id = public.key_id().unwrap_or_default();
        Ok(Self::with(key, algorithm, None, key_id))
    }

    pub(super) fn shared(
        algorithm: KeyManagement,
        secret: &[u8],
        encryption: Option<ContentEncryption>,
        key_id: &str,
    ) -> Self {
        let key = Recipient::Shared(Box::new(Shared::new(algorithm, secret)));
        Self::with(key, algorithm, encryption, key_id)
    }

    fn with(
        key: Recipient,
        algorithm: KeyManagement,
        encryption: Option<ContentEncryption>,
        key_id: &str,
    ) -> Self {
        Self {
            key,
            algorithm,
            encryption,
            key_id: key_id.to_owned(),
            headers: Headers::new(algorithm, key_id),
            wide: Wide::new(),
        }
    }

    /// Returns the algorithm that it encrypts with.
    #[must_use]
    pub const fn algorithm(&self) -> KeyManagement {
        self.algorithm
    }

    pub(super) fn check(&self, encryption: ContentEncryption) -> Result<(), Error> {
        match self.encryption {
            Some(only) if only != encryption => Err(Error::AlgorithmNotAllowed),
            _ => Ok(()),
        }
    }

    /// The members of a header that are the same for all tokens.
    pub(super) fn members(&self) -> Vec<u8> {
        let mut members = Vec::with_capacity(64 + self.key_id.len());
        header::push_recipient(self.algorithm, &self.key_id, &mut members);
        members
    }

    /// Encrypts the key of a content. New header members are appended to `members`.
    pub(super) fn encrypt_key(
        &self,
        encryption: ContentEncryption,
        key: &[u8],
        members: &mut Vec<u8>,
    ) -> Result<Vec<u8>, Error> {
        match &self.key {
            Recipient::Rsa(public) => {
                let mut out = vec![0; public.ciphertext_size()];
                public
                    .encrypt(oaep(self.algorithm), key, &mut out, None)
                    .map_err(|_| Error::Unavailable)?;
                Ok(out)
            }
            Recipient::Agreement(public, curve) => {
                let wrapping = self.agree(public, curve, encryption, members)?;
                wrap::wrap(&wrapping, key)
            }
            Recipient::Shared(shared) if self.algorithm.is_password() => {
                let salt: [u8; 16] = random()?;
                push_bytes("p2s", &salt, members);
                members.extend_from_slice(format!(",\"p2c\":{PASSWORD_COUNT}").as_bytes());
                let password = shared.bytes();
                let wrapping = wrap::from_password(self.algorithm, password, &salt, PASSWORD_COUNT);
                wrap::wrap(&wrapping?, key)
            }
            Recipient::Shared(shared) if self.algorithm.is_gcm() => {
                let iv: [u8; GCM_IV_BYTES] = random()?;
                let mut encrypted = key.to_vec();
                let tag = shared.wrapping_cipher()?.seal(&iv, &mut encrypted, 0, 0)?;
                push_bytes("iv", &iv, members);
                push_bytes("tag", tag.as_ref(), members);
                Ok(encrypted)
            }
            Recipient::Shared(shared) => wrap::wrap(shared.bytes(), key),
        }
    }

    /// The key that a new ephemeral one and the recipient's agree on.
    pub(super) fn agree(
        &self,
        public: &Material,
        curve: &'static ecdh::Algorithm,
        encryption: ContentEncryption,
        members: &mut Vec<u8>,
    ) -> Result<ContentKey, Error> {
        let ephemeral = PrivateKey::generate(curve).map_err(|_| Error::Unavailable)?;
        agreement::push_epk(&agreement::public(&ephemeral, public)?, members);
        let info = agreement::Info {
            algorithm: self.algorithm,
            encryption,
            parties: [&[], &[]],
        };
        agreement::agree(&ephemeral, public, &info)
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| Error::Unavailable)?;
    Ok(bytes)
}

fn push_bytes(name: &str, bytes: &[u8], json: &mut Vec<u8>) {
    for part in [",\"", name, "\":\""] {
        json.extend_from_slice(part.as_bytes());
    }
    base64url::push(bytes, json);
    json.push(b'"');
}

pub(super) const fn oaep(algorithm: KeyManagement) -> &'static OaepAlgorithm {
    match algorithm {
        KeyManagement::RsaOaep => &OAEP_SHA1_MGF1SHA1,
        _ => &OAEP_SHA256_MGF1SHA256,
    }
}

/// The count that OWASP recommends for PBKDF2 with SHA-256.
const PASSWORD_COUNT: NonZeroU32 = NonZeroU32::new(600_000).unwrap();
