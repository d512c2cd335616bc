//! The primitives of the cryptography library by themselves, with parsed keys.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    ParsedPublicKey, UnparsedPublicKey,
};
use grantor_jose::Key;
use harness::Result;

/// A key for ES256 as the library has it.
pub(crate) struct Es256 {
    pair: EcdsaKeyPair,
    public: ParsedPublicKey,
    random: SystemRandom,
}

impl Es256 {
    pub(crate) fn of(key: &Key) -> Result<Self> {
        let der = key.to_pkcs8_der()?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der)?;
        let public = pair.public_key().as_ref().to_vec();
        Ok(Self {
            pair,
            public: UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public).parse()?,
            random: SystemRandom::new(),
        })
    }

    pub(crate) fn sign(&self, input: &[u8]) {
        let signed = std::hint::black_box(self.pair.sign(&self.random, input));
        assert!(signed.is_ok());
    }

    pub(crate) fn verify(&self, input: &[u8], signature: &[u8]) {
        let verified = std::hint::black_box(self.public.verify_sig(input, signature));
        assert!(verified.is_ok());
    }
}
