//! Beside the library's own call with a parsed key. `bytes` is the call through grantor on
//! prepared input; `token` is with JSON and base64.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, ParsedPublicKey,
    RsaEncoding, RsaParameters, VerificationAlgorithm,
};
use grantor_jose::jwt::{self, Policy, Typ};
use grantor_jose::{Algorithm, Key, Timestamp, jws};
use harness::{Group, Result};

use crate::fixture::{ALGORITHMS, claims, compare, keys, name, over, secret, used};

pub(crate) fn measure(group: &mut Group) -> Result<()> {
    for (algorithm, label) in ALGORITHMS {
        let key = Key::generate(algorithm)?;
        let claims = claims();
        let token = jwt::sign(&key, Typ::ACCESS_TOKEN, &claims)?;
        let (input, _) = token.rsplit_once('.').ok_or("a token has dots")?;
        let raw = Raw::new(&key)?;
        let signed = key.sign_bytes(input.as_bytes())?;
        let keys = keys(&key)?;
        let policy = Policy::access_token("https://as.example.com", "https://api.example.com")
            .with_algorithms([algorithm]);
        let now = Timestamp::from_secs(1_760_000_010);
        let mut out = vec![0; 1024];
        let mut raw_sign = || raw.sign(input.as_bytes(), &mut out);
        let raw_verify = || raw.verify(input.as_bytes(), signed.as_bytes());
        let mut token_sign = || used(jwt::sign(&key, Typ::ACCESS_TOKEN, &claims));
        let mut token_verify = || used(jwt::verify(&token, &keys, &policy, now));
        if algorithm.is_symmetric() {
            for (what, ours, beside) in [
                (
                    "sign",
                    &mut token_sign as &mut dyn FnMut(),
                    &mut raw_sign as &mut dyn FnMut(),
                ),
                ("verify", &mut token_verify, &mut || raw_verify()),
            ] {
                over(group, name(&[label, what, "over_raw"]), ours, beside)?;
            }
            continue;
        }
        let whole = if algorithm == Algorithm::EdDsa {
            0.88
        } else {
            0.9
        };
        let rows = |what: &str| (name(&[label, what]), name(&[label, "raw", what]));
        let (_, raw_name) = rows("sign");
        let bytes = name(&[label, "sign_bytes"]);
        let mut sign_bytes = || used(key.sign_bytes(input.as_bytes()));
        compare(
            group,
            (bytes, raw_name),
            &mut sign_bytes,
            &mut raw_sign,
            Some(0.95),
        )?;
        let row = name(&[label, "sign_token"]);
        compare(
            group,
            (row, raw_name),
            &mut token_sign,
            &mut raw_sign,
            Some(whole),
        )?;
        let (_, raw_name) = rows("verify");
        let bytes = name(&[label, "verify_bytes"]);
        let public = key.public().ok_or("not symmetric")?;
        let mut verify_bytes =
            || used(public.verify(algorithm, input.as_bytes(), signed.as_bytes()));
        compare(
            group,
            (bytes, raw_name),
            &mut verify_bytes,
            &mut || raw_verify(),
            Some(0.95),
        )?;
        let row = name(&[label, "verify_token"]);
        compare(
            group,
            (row, raw_name),
            &mut token_verify,
            &mut || raw_verify(),
            Some(whole),
        )?;
        let row = name(&[label, "verify_jws"]);
        let mut verify_jws = || used(jws::verify(&token, &keys, &[algorithm]));
        compare(
            group,
            (row, raw_name),
            &mut verify_jws,
            &mut || raw_verify(),
            None,
        )?;
    }
    Ok(())
}

/// The same key as the library has it.
enum Raw {
    Ecdsa(EcdsaKeyPair, ParsedPublicKey),
    Ed25519(Ed25519KeyPair, ParsedPublicKey),
    Rsa(rsa::KeyPair, ParsedPublicKey, &'static dyn RsaEncoding),
    Hmac(Box<hmac::Key>),
}

impl Raw {
    fn new(key: &Key) -> Result<Self> {
        let parse = |algorithm: &'static dyn VerificationAlgorithm, bytes: &[u8]| {
            signature::UnparsedPublicKey::new(algorithm, bytes).parse()
        };
        let ecdsa = |signing: &'static EcdsaSigningAlgorithm,
                     verifying: &'static signature::EcdsaVerificationAlgorithm|
         -> Result<Self> {
            let pair = EcdsaKeyPair::from_pkcs8(signing, &key.to_pkcs8_der()?)?;
            let public = parse(verifying, pair.public_key().as_ref())?;
            Ok(Self::Ecdsa(pair, public))
        };
        let rsa = |verifying: &'static RsaParameters,
                   encoding: &'static dyn RsaEncoding|
         -> Result<Self> {
            let pair = rsa::KeyPair::from_pkcs8(&key.to_pkcs8_der()?)?;
            let public = parse(verifying, pair.public_key().as_ref())?;
            Ok(Self::Rsa(pair, public, encoding))
        };
        let hmac =
            |hash: hmac::Algorithm| Ok(Self::Hmac(Box::new(hmac::Key::new(hash, &secret(key)?))));
        match key.algorithm() {
            Algorithm::Es256 => ecdsa(
                &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
                &signature::ECDSA_P256_SHA256_FIXED,
            ),
            Algorithm::Es384 => ecdsa(
                &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
                &signature::ECDSA_P384_SHA384_FIXED,
            ),
            Algorithm::Es512 => ecdsa(
                &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
                &signature::ECDSA_P521_SHA512_FIXED,
            ),
            Algorithm::Ps256 => rsa(
                &signature::RSA_PSS_2048_8192_SHA256,
                &signature::RSA_PSS_SHA256,
            ),
            Algorithm::Rs256 => rsa(
                &signature::RSA_PKCS1_2048_8192_SHA256,
                &signature::RSA_PKCS1_SHA256,
            ),
            Algorithm::Hs256 => hmac(hmac::HMAC_SHA256),
            Algorithm::Hs384 => hmac(hmac::HMAC_SHA384),
            Algorithm::Hs512 => hmac(hmac::HMAC_SHA512),
            _ => {
                let pair = Ed25519KeyPair::from_pkcs8(&key.to_pkcs8_der()?)?;
                let public = parse(&signature::ED25519, pair.public_key().as_ref())?;
                Ok(Self::Ed25519(pair, public))
            }
        }
    }

    fn sign(&self, input: &[u8], out: &mut [u8]) {
        let random = SystemRandom::new();
        match self {
            Self::Ecdsa(pair, _) => used(pair.sign(&random, input)),
            Self::Ed25519(pair, _) => used(pair.try_sign(input)),
            Self::Rsa(pair, _, encoding) => {
                let length = pair.public_modulus_len();
                used(pair.sign(*encoding, &random, input, &mut out[..length]));
            }
            Self::Hmac(key) => used(hmac::sign_to_buffer(key, input, out)),
        }
    }

    fn verify(&self, input: &[u8], signature: &[u8]) {
        match self {
            Self::Ecdsa(_, public) | Self::Ed25519(_, public) | Self::Rsa(_, public, _) => {
                used(public.verify_sig(input, signature));
            }
            Self::Hmac(key) => used(hmac::verify(key, input, signature)),
        }
    }
}
