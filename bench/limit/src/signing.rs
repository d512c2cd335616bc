//! Signatures of the cryptography library alone.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, Signature,
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

    /// The token: the same payload with a new signature.
    pub(crate) fn token(&self) -> Result<String> {
        let signature: Signature = match &self.key {
            Key::Ed25519(key) => key.sign(self.input.as_bytes()),
            Key::P256(key, random) => key.sign(random, self.input.as_bytes())?,
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

const LONGEST_SIGNATURE: usize = 1 + 86;
