//! Private and secret keys that sign.

mod import;
mod pair;
mod secret;

use std::fmt;
use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use zeroize::Zeroizing;

use crate::base64url::Wide;
use crate::jwk::{Material, Private, Usage};
use crate::jwt::Typ;
use crate::pem::{self, Label};
use crate::{Algorithm, BoxFuture, Error, PublicKey, SignError, Signature, Signer, jws};

use pair::Pair;
pub(crate) use secret::Secret;

/// A private or secret key in this process, parsed once, that signs with one algorithm.
///
/// It can't be serialized, and its `Debug` shows only what is public. The ways out are
/// [`to_pkcs8_der`](Self::to_pkcs8_der), [`to_pkcs8_pem`](Self::to_pkcs8_pem) and
/// [`to_private_jwk`](Self::to_private_jwk).
pub struct Key {
    pair: Pair,
    algorithm: Algorithm,
    public: Option<PublicKey>,
    key_id: String,
    /// Headers of the tokens that are signed most, so that they are encoded once.
    headers: [(Typ, Vec<u8>); 2],
    /// Made with the first proof, since few keys make any.
    proof_header: OnceLock<Vec<u8>>,
    wide: Wide,
}

impl Key {
    /// A new key, from the system's randomness: RSA keys have 2048 bits, secrets the length of
    /// the hash.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the system has no randomness or memory.
    pub fn generate(algorithm: Algorithm) -> Result<Self, Error> {
        Self::new(algorithm, Pair::generate(algorithm)?)
    }

    fn new(algorithm: Algorithm, pair: Pair) -> Result<Self, Error> {
        let public = match pair.public()? {
            Some(material) => Some(PublicKey::for_signatures(material, algorithm)?),
            None => None,
        };
        // The thumbprint of a secret would help to guess it (RFC 7638 section 7).
        let key_id = public
            .as_ref()
            .map_or_else(String::new, PublicKey::thumbprint);
        Ok(Self {
            pair,
            algorithm,
            public,
            key_id: String::new(),
            headers: [(Typ::ACCESS_TOKEN, Vec::new()), (Typ::JWT, Vec::new())],
            proof_header: OnceLock::new(),
            wide: Wide::new(),
        }
        .with_key_id(key_id))
    }

    /// The same key under another id than its thumbprint; under none if it is empty.
    #[must_use]
    pub fn with_key_id(self, key_id: impl Into<String>) -> Self {
        let key_id = key_id.into();
        let algorithm = self.algorithm;
        Self {
            pair: self.pair.with_key_id(&key_id),
            public: self.public.map(|public| public.with_key_id(&*key_id)),
            headers: self.headers.map(|(typ, mut header)| {
                header.clear();
                jws::push_header(&mut header, algorithm, typ, &key_id);
                (typ, header)
            }),
            key_id,
            ..self
        }
    }

    /// The key as unencrypted PKCS#8, to be stored somewhere safe.
    ///
    /// # Errors
    /// [`Error::UnsupportedKey`] for a symmetric key, [`Error::Unavailable`].
    pub fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let unavailable = |_| Error::Unavailable;
        let copy = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
        Ok(match &self.pair {
            Pair::Ecdsa(_, pair) => copy(pair.to_pkcs8v1().map_err(unavailable)?.as_ref()),
            Pair::Ed25519(pair) => copy(pair.to_pkcs8v1().map_err(unavailable)?.as_ref()),
            Pair::Rsa(pair) => {
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(unavailable)?;
                copy(der.as_ref())
            }
            Pair::Secret(_) => return Err(Error::UnsupportedKey),
        })
    }

    /// The key as unencrypted PKCS#8 in PEM, to be stored somewhere safe.
    ///
    /// # Errors
    /// As [`to_pkcs8_der`](Self::to_pkcs8_der).
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, Error> {
        let der = self.to_pkcs8_der()?;
        Ok(pem::encode(Label::Pkcs8, &der))
    }

    /// The key as a JWK with all that is private, to be stored somewhere safe.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn to_private_jwk(&self) -> Result<Zeroizing<String>, Error> {
        let members = self.pair.private()?.members();
        let key_id = serde_json::Value::from(self.key_id());
        let mut jwk = Zeroizing::new(String::with_capacity(
            members.len() + key_id.to_string().len() + 64,
        ));
        jwk.push('{');
        jwk.push_str(&members);
        if !self.key_id.is_empty() {
            jwk.push_str(&format!(",\"kid\":{key_id}"));
        }
        jwk.push_str(&format!(
            ",\"alg\":\"{}\",\"use\":\"sig\"}}",
            self.algorithm
        ));
        Ok(jwk)
    }

    /// Returns the algorithm of its signatures.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its `kid`: the SHA-256 thumbprint (RFC 7638), unless another was given. Empty if it has
    /// none, as a symmetric key has at first.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The key to publish, with the same id; nothing for a symmetric key.
    #[must_use]
    pub const fn public(&self) -> Option<&PublicKey> {
        self.public.as_ref()
    }

    pub(crate) const fn secret(&self) -> Option<&Secret> {
        match &self.pair {
            Pair::Secret(secret) => Some(secret),
            _ => None,
        }
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

    /// Appends the signature to the part of a token that it signs.
    pub(crate) fn push_signature(&self, token: &mut Vec<u8>) -> Result<(), SignError> {
        let mut signature = [0; MAX_SIGNATURE_BYTES];
        let length = self.sign_into(token, &mut signature)?;
        token.push(b'.');
        self.wide.push(&signature[..length], token);
        Ok(())
    }

    /// Writes the signature of `input` to the start of `out`; returns its length.
    fn sign_into(
        &self,
        input: &[u8],
        out: &mut [u8; MAX_SIGNATURE_BYTES],
    ) -> Result<usize, SignError> {
        self.pair.sign_into(self.algorithm, input, out)
    }

    pub(crate) const fn wide(&self) -> &Wide {
        &self.wide
    }

    pub(crate) fn header(&self, typ: Typ) -> Option<&[u8]> {
        let mut headers = self.headers.iter();
        let (_, header) = headers.find(|(known, _)| *known == typ)?;
        Some(header)
    }

    /// The encoded header of the key's DPoP proofs, which has the public key; none of a secret.
    pub(crate) fn proof_header(&self) -> Option<&[u8]> {
        let public = self.public.as_ref()?;
        let header = self.proof_header.get_or_init(|| {
            let mut header = Vec::new();
            jws::push_proof_header(&mut header, self.algorithm, public);
            header
        });
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

/// The longest signature: of an RSA key of 8192 bits, the longest that is accepted.
pub(crate) const MAX_SIGNATURE_BYTES: usize = 1024;
