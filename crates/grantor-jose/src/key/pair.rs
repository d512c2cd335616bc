//! Private keys as the cryptography library holds them.

use aws_lc_rs::encoding::{AsBigEndian, AsDer, Curve25519SeedBin, EcPrivateKeyBin, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
    RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaSignatureEncoding, Signature,
};
use zeroize::Zeroizing;

use super::{MAX_SIGNATURE_BYTES, Secret};
use crate::jwk::{Curve, Material, Private, Usage};
use crate::{Algorithm, Error, SignError, der};

/// The key itself, parsed.
pub(super) enum Pair {
    Ecdsa(Curve, Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
    Rsa(Box<rsa::KeyPair>),
    Secret(Box<Secret>),
}

impl Pair {
    pub(super) fn generate(algorithm: Algorithm) -> Result<Self, Error> {
        let unavailable = |_| Error::Unavailable;
        if let Some(curve) = Curve::of(algorithm) {
            let pair = EcdsaKeyPair::generate(curve.signing()).map_err(unavailable)?;
            return Ok(Self::Ecdsa(curve, Box::new(pair)));
        }
        if algorithm.is_rsa() {
            let pair = rsa::KeyPair::generate(KeySize::Rsa2048).map_err(unavailable)?;
            return Ok(Self::Rsa(Box::new(pair)));
        }
        if algorithm.is_symmetric() {
            let length = algorithm.signature_length().unwrap_or(64);
            let mut secret = Zeroizing::new(vec![0; length]);
            rand::fill(&mut secret).map_err(unavailable)?;
            let secret = Secret::new(algorithm, &secret, Usage::default())?;
            return Ok(Self::Secret(Box::new(secret)));
        }
        let pair = Ed25519KeyPair::generate().map_err(unavailable)?;
        Ok(Self::Ed25519(Box::new(pair)))
    }

    pub(super) fn with_key_id(self, key_id: &str) -> Self {
        match self {
            Self::Secret(secret) => Self::Secret(Box::new(secret.with_key_id(key_id))),
            other => other,
        }
    }

    /// Returns the public part; nothing of a secret.
    pub(super) fn public(&self) -> Result<Option<Material>, Error> {
        let material = match self {
            Self::Ecdsa(curve, pair) => Some(Material::Ec {
                curve: *curve,
                point: pair.public_key().as_ref().to_vec(),
            }),
            Self::Ed25519(pair) => {
                let x = pair.public_key().as_ref().try_into().ok();
                x.map(|x| Material::Ed25519 { x })
            }
            Self::Rsa(pair) => {
                let numbers = der::rsa_public_key(pair.public_key().as_ref());
                numbers.map(|(n, e)| Material::Rsa {
                    n: n.to_vec(),
                    e: e.to_vec(),
                })
            }
            Self::Secret(_) => return Ok(None),
        };
        material.map(Some).ok_or(Error::NotPkcs8)
    }

    pub(super) fn private(&self) -> Result<Private, Error> {
        let unavailable = |_| Error::Unavailable;
        let d = match self {
            Self::Secret(secret) => return Ok(Private::Secret(secret.bytes().clone())),
            Self::Rsa(pair) => {
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(unavailable)?;
                let numbers = der::rsa_private_key(der.as_ref()).ok_or(Error::Unavailable)?;
                return Ok(Private::Rsa(Box::new(numbers)));
            }
            Self::Ecdsa(_, pair) => {
                let d: EcPrivateKeyBin<'_> =
                    pair.private_key().as_be_bytes().map_err(unavailable)?;
                Zeroizing::new(d.as_ref().to_vec())
            }
            Self::Ed25519(pair) => {
                let seed = pair.seed().map_err(unavailable)?;
                let d: Curve25519SeedBin<'_> = seed.as_be_bytes().map_err(unavailable)?;
                Zeroizing::new(d.as_ref().to_vec())
            }
        };
        let public = self.public()?.ok_or(Error::Unavailable)?;
        Ok(Private::Curve(public, d))
    }

    /// Writes the signature of `input` to the start of `out`; returns its length.
    pub(super) fn sign_into(
        &self,
        algorithm: Algorithm,
        input: &[u8],
        out: &mut [u8; MAX_SIGNATURE_BYTES],
    ) -> Result<usize, SignError> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let length = pair.public_modulus_len();
                pair.sign(rsa_encoding(algorithm), &random, input, &mut out[..length])
                    .map(|()| length)
                    .map_err(library_failed)
            }
            Self::Secret(secret) if !secret.may_sign() => {
                Err(SignError::new("\"use\" or \"key_ops\" forbids to sign"))
            }
            Self::Secret(secret) => hmac::sign_to_buffer(secret.hmac(), input, out)
                .map(|signature| signature.len())
                .map_err(library_failed),
            Self::Ecdsa(_, pair) => copied(&pair.sign(&random, input), out),
            Self::Ed25519(pair) => copied(&pair.try_sign(input), out),
        }
    }
}

/// Writes a signature to the start of `out`; returns its length. By reference, since the library's
/// type is more than a kilobyte.
fn copied(
    signature: &Result<Signature, Unspecified>,
    out: &mut [u8; MAX_SIGNATURE_BYTES],
) -> Result<usize, SignError> {
    let signature = signature.as_ref().map_err(|error| library_failed(*error))?;
    let signature = signature.as_ref();
    out[..signature.len()].copy_from_slice(signature);
    Ok(signature.len())
}

fn rsa_encoding(algorithm: Algorithm) -> &'static RsaSignatureEncoding {
    match algorithm {
        Algorithm::Ps256 => &RSA_PSS_SHA256,
        Algorithm::Ps384 => &RSA_PSS_SHA384,
        Algorithm::Ps512 => &RSA_PSS_SHA512,
        Algorithm::Rs384 => &RSA_PKCS1_SHA384,
        Algorithm::Rs512 => &RSA_PKCS1_SHA512,
        _ => &RSA_PKCS1_SHA256,
    }
}

fn library_failed(_: Unspecified) -> SignError {
    SignError::new("the cryptography library failed")
}
