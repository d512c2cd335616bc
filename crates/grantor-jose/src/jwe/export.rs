//! Keys in the forms in which they are stored.

use aws_lc_rs::encoding::{AsBigEndian, AsDer, Curve25519SeedBin, EcPrivateKeyBin, Pkcs8V1Der};
use serde_json::Value;
use zeroize::Zeroizing;

use super::DecryptionKey;
use super::key::Secret;
use crate::jwk::{Material, Private};
use crate::{Error, PublicKey, der};

impl DecryptionKey {
    /// The key as a JWK with all that is private, to be stored somewhere safe.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn to_private_jwk(&self) -> Result<Zeroizing<String>, Error> {
        let alg = match self.encryption {
            Some(encryption) => encryption.as_str(),
            None => self.algorithm().as_str(),
        };
        let members = self.private()?.members();
        let mut jwk = Zeroizing::new(String::with_capacity(members.len() + 512));
        jwk.push('{');
        jwk.push_str(&members);
        if !self.key_id().is_empty() {
            jwk.push_str(&format!(",\"kid\":{}", Value::from(self.key_id())));
        }
        jwk.push_str(&format!(",\"alg\":\"{alg}\",\"use\":\"enc\"}}"));
        Ok(jwk)
    }

    /// The key as unencrypted PKCS#8, to be stored somewhere safe.
    ///
    /// # Errors
    /// [`Error::UnsupportedKey`] for a shared key, [`Error::Unavailable`].
    pub fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        match (&self.secret, self.public().map(PublicKey::material)) {
            (Secret::Rsa(_, document), _) => Ok(document.clone()),
            (Secret::Agreement(_), Some(Material::X25519 { .. })) => match self.private()? {
                Private::Curve(_, d) => Ok(Zeroizing::new(der::x25519_pkcs8(&d))),
                _ => Err(Error::Unavailable),
            },
            (Secret::Agreement(key), _) => {
                let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| Error::Unavailable)?;
                Ok(Zeroizing::new(der.as_ref().to_vec()))
            }
            (Secret::Shared(_), _) => Err(Error::UnsupportedKey),
        }
    }

    fn private(&self) -> Result<Private, Error> {
        let unavailable = |_| Error::Unavailable;
        match &self.secret {
            Secret::Shared(secret) => Ok(Private::Secret(secret.bytes().clone())),
            Secret::Rsa(_, document) => der::rsa_private_key(document)
                .map(|numbers| Private::Rsa(Box::new(numbers)))
                .ok_or(Error::Unavailable),
            Secret::Agreement(key) => {
                let public = self.public().ok_or(Error::Unavailable)?;
                let material = public.material().clone();
                let d = if let Material::X25519 { .. } = material {
                    let d: Curve25519SeedBin<'_> = key.as_be_bytes().map_err(unavailable)?;
                    Zeroizing::new(d.as_ref().to_vec())
                } else {
                    let d: EcPrivateKeyBin<'_> = key.as_be_bytes().map_err(unavailable)?;
                    Zeroizing::new(d.as_ref().to_vec())
                };
                Ok(Private::Curve(material, d))
            }
        }
    }
}
