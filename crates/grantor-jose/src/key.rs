use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
};
use zeroize::Zeroizing;

use crate::jwk::Material;
use crate::jwt::Typ;
use crate::{Algorithm, BoxFuture, Error, PublicKey, SignError, Signature, Signer, der, jws};

/// A private key in this process, parsed once, that signs with one algorithm.
///
/// It can't be serialized, and its `Debug` shows only what is public. The one way out is
/// [`to_pkcs8_der`](Self::to_pkcs8_der).
pub struct Key {
    pair: Pair,
    algorithm: Algorithm,
    public: PublicKey,
    key_id: String,
    /// Headers of the tokens that are signed most, so that they are encoded once.
    headers: [(Typ, String); 2],
}

enum Pair {
    Ecdsa(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
    Rsa(Box<rsa::KeyPair>),
}

impl Key {
    /// A new key, from the system's randomness; RSA keys have 2048 bits.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the system has no randomness or memory.
    pub fn generate(algorithm: Algorithm) -> Result<Self, Error> {
        let pair = match algorithm {
            Algorithm::EdDsa => Ed25519KeyPair::generate().map(Pair::from),
            Algorithm::Es256 => {
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::from)
            }
            Algorithm::Rs256 => rsa::KeyPair::generate(KeySize::Rsa2048).map(Pair::from),
        };
        Self::new(algorithm, pair.map_err(|_| Error::Unavailable)?)
    }

    /// Reads an unencrypted PKCS#8 document.
    ///
    /// # Errors
    /// [`Error::NotPkcs8`] if it is none or of another type of key, [`Error::InvalidKey`] if it
    /// is too weak.
    pub fn from_pkcs8_der(algorithm: Algorithm, der: &[u8]) -> Result<Self, Error> {
        let pair = match algorithm {
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(der).map(Pair::from),
            Algorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Pair::from)
            }
            Algorithm::Rs256 => rsa::KeyPair::from_pkcs8(der).map(Pair::from),
        };
        Self::new(algorithm, pair.map_err(|_| Error::NotPkcs8)?)
    }

    fn new(algorithm: Algorithm, pair: Pair) -> Result<Self, Error> {
        let public = PublicKey::from_material(pair.public()?, algorithm)?;
        let key_id = public.thumbprint();
        Ok(Self {
            pair,
            algorithm,
            public,
            key_id: String::new(),
            headers: [
                (Typ::ACCESS_TOKEN, String::new()),
                (Typ::JWT, String::new()),
            ],
        }
        .with_key_id(key_id))
    }

    /// The same key under another id than its thumbprint.
    #[must_use]
    pub fn with_key_id(self, key_id: impl Into<String>) -> Self {
        let key_id = key_id.into();
        let algorithm = self.algorithm;
        Self {
            public: self.public.with_key_id(&*key_id),
            headers: self
                .headers
                .map(|(typ, _)| (typ, jws::encode_header(algorithm, typ, &key_id))),
            key_id,
            ..self
        }
    }

    /// The key as unencrypted PKCS#8, to be stored somewhere safe.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let unavailable = |_| Error::Unavailable;
        let copy = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
        Ok(match &self.pair {
            Pair::Ecdsa(pair) => copy(pair.to_pkcs8v1().map_err(unavailable)?.as_ref()),
            Pair::Ed25519(pair) => copy(pair.to_pkcs8v1().map_err(unavailable)?.as_ref()),
            Pair::Rsa(pair) => {
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(unavailable)?;
                copy(der.as_ref())
            }
        })
    }

    /// What it signs with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its `kid`: the SHA-256 thumbprint (RFC 7638), unless another was given.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The key to publish, with the same id; nothing for a symmetric key.
    #[must_use]
    pub const fn public(&self) -> Option<&PublicKey> {
        Some(&self.public)
    }

    /// Signs `input` at once, in the form of JWS.
    ///
    /// # Errors
    /// If the cryptography library has no memory or randomness.
    pub fn sign_bytes(&self, input: &[u8]) -> Result<Signature, SignError> {
        let mut signature = [0; MAX_SIGNATURE_BYTES];
        let length = self.sign_into(input, &mut signature)?;
        Ok(Signature::new(signature[..length].to_vec()))
    }

    /// Writes the signature of `input` to the start of `out`; returns its length.
    pub(crate) fn sign_into(
        &self,
        input: &[u8],
        out: &mut [u8; MAX_SIGNATURE_BYTES],
    ) -> Result<usize, SignError> {
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let length = pair.public_modulus_len();
                return pair
                    .sign(&RSA_PKCS1_SHA256, &random, input, &mut out[..length])
                    .map(|()| length)
                    .map_err(library_failed);
            }
            Pair::Ecdsa(pair) => pair.sign(&random, input),
            Pair::Ed25519(pair) => pair.try_sign(input),
        }
        .map_err(library_failed)?;
        let signature = signature.as_ref();
        out[..signature.len()].copy_from_slice(signature);
        Ok(signature.len())
    }

    pub(crate) fn header(&self, typ: Typ) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, header) = headers.find(|(known, _)| *known == typ)?;
        Some(header)
    }
}

impl Signer for Key {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn key_id(&self) -> &str {
        &self.key_id
    }

    fn public_key(&self) -> Option<&PublicKey> {
        self.public()
    }

    fn sign<'a>(&'a self, input: &'a [u8]) -> BoxFuture<'a, Result<Signature, SignError>> {
        Box::pin(std::future::ready(self.sign_bytes(input)))
    }

    fn local(&self) -> Option<&Key> {
        Some(self)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

impl Pair {
    fn public(&self) -> Result<Material, Error> {
        match self {
            Self::Ecdsa(pair) => point(pair.public_key().as_ref()),
            Self::Ed25519(pair) => pair
                .public_key()
                .as_ref()
                .try_into()
                .ok()
                .map(|x| Material::Ed25519 { x }),
            Self::Rsa(pair) => {
                der::rsa_public_key(pair.public_key().as_ref()).map(|(n, e)| Material::Rsa {
                    n: n.to_vec(),
                    e: e.to_vec(),
                })
            }
        }
        .ok_or(Error::NotPkcs8)
    }
}

impl From<EcdsaKeyPair> for Pair {
    fn from(pair: EcdsaKeyPair) -> Self {
        Self::Ecdsa(Box::new(pair))
    }
}

impl From<Ed25519KeyPair> for Pair {
    fn from(pair: Ed25519KeyPair) -> Self {
        Self::Ed25519(Box::new(pair))
    }
}

impl From<rsa::KeyPair> for Pair {
    fn from(pair: rsa::KeyPair) -> Self {
        Self::Rsa(Box::new(pair))
    }
}

/// The coordinates of an uncompressed point of P-256 (SEC 1 section 2.3.3).
fn point(bytes: &[u8]) -> Option<Material> {
    let (x, y) = bytes.strip_prefix(&[4])?.split_first_chunk()?;
    Some(Material::P256 {
        x: *x,
        y: y.try_into().ok()?,
    })
}

fn library_failed(_: Unspecified) -> SignError {
    SignError::new("the cryptography library failed")
}

/// The longest signature: of an RSA key of 8192 bits, the longest that is accepted.
pub(crate) const MAX_SIGNATURE_BYTES: usize = 1024;
