//! Signatures of the cryptography library alone.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair, RSA_PKCS1_SHA256, RsaKeyPair, Signature, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::Result;

/// A key that was parsed once, and what it signs again and again.
pub(crate) struct Signing {
    key: Key,
    input: String,
}

enum Key {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair, SystemRandom),
    Rsa(RsaKeyPair, SystemRandom),
}

impl Signing {
    pub(crate) fn ed25519() -> Result<Self> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())?;
        Ok(Self {
            key: Key::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref())?),
            input: input("EdDSA"),
        })
    }

    pub(crate) fn p256() -> Result<Self> {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random)?;
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref())?;
        Ok(Self {
            key: Key::P256(key, random),
            input: input("ES256"),
        })
    }

    pub(crate) fn rsa() -> Result<Self> {
        let generated = RsaKeyPair::generate(KeySize::Rsa2048)?;
        let document: Pkcs8V1Der<'_> = generated.as_der()?;
        Ok(Self {
            key: Key::Rsa(
                RsaKeyPair::from_pkcs8(document.as_ref())?,
                SystemRandom::new(),
            ),
            input: input("RS256"),
        })
    }

    /// The token: the same payload with a new signature.
    pub(crate) fn token(&self) -> Result<String> {
        let input = self.input.as_bytes();
        let short = |signature: Signature| signature.as_ref().to_vec();
        let signature = match &self.key {
            Key::Ed25519(key) => short(key.sign(input)),
            Key::P256(key, random) => short(key.sign(random, input)?),
            Key::Rsa(key, random) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, random, input, &mut signature)?;
                signature
            }
        };
        let mut token = String::with_capacity(self.input.len() + LONGEST_SIGNATURE);
        token.push_str(&self.input);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signing").finish_non_exhaustive()
    }
}

/// A signature, and the key that it is verified by.
pub(crate) struct Verification {
    key: UnparsedPublicKey<Vec<u8>>,
    input: String,
    signature: Vec<u8>,
}

impl Verification {
    pub(crate) fn p256() -> Result<Self> {
        let Signing {
            key: Key::P256(key, random),
            input,
        } = Signing::p256()?
        else {
            return Err("another key".into());
        };
        let public = key.public_key().as_ref().to_vec();
        Ok(Self {
            key: UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public),
            signature: key.sign(&random, input.as_bytes())?.as_ref().to_vec(),
            input,
        })
    }

    /// Returns whether the signature is good. The key is parsed each time, as that of a proof has to be.
    pub(crate) fn holds(&self) -> bool {
        let verified = self.key.verify(self.input.as_bytes(), &self.signature);
        verified.is_ok()
    }
}

/// A header and a payload as an access token of RFC 9068 has them.
fn input(algorithm: &str) -> String {
    let header = format!(r#"{{"alg":"{algorithm}","typ":"at+jwt","kid":"key-1"}}"#);
    let payload = concat!(
        r#"{"iss":"http://127.0.0.1","sub":"client","aud":"http://127.0.0.1/api","#,
        r#""client_id":"client","exp":1900000000,"iat":1899996400,"#,
        r#""jti":"AAAAAAAAAAAAAAAAAAAAAA","scope":"read"}"#,
    );
    let encode = |part: &str| URL_SAFE_NO_PAD.encode(part);
    format!("{}.{}", encode(&header), encode(payload))
}

const LONGEST_SIGNATURE: usize = 1 + 342;
