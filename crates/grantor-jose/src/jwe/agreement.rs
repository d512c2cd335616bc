//! Keys that two sides agree on (RFC 7518 section 4.6, RFC 8037 section 3.2.1).

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, X25519};
use aws_lc_rs::digest::{Context, SHA256};
use zeroize::Zeroizing;

use super::{ContentEncryption, KeyManagement};
use crate::jwk::Material;
use crate::{Error, base64url};

/// The algorithm for a public key, and its bytes as the library takes them.
pub(super) fn parts(public: &Material) -> Option<(&'static agreement::Algorithm, &[u8])> {
    match public {
        Material::Ec { curve, point } => Some((curve.agreement()?, point)),
        Material::X25519 { x } => Some((&X25519, x)),
        Material::Ed25519 { .. } | Material::Rsa { .. } => None,
    }
}

/// The public key of a private one.
pub(super) fn public(private: &PrivateKey, like: &Material) -> Result<Material, Error> {
    let public = private
        .compute_public_key()
        .map_err(|_| Error::Unavailable)?;
    let bytes = public.as_ref();
    match like {
        Material::Ec { curve, .. } => Ok(Material::Ec {
            curve: *curve,
            point: bytes.to_vec(),
        }),
        _ => Ok(Material::X25519 {
            x: bytes.try_into().map_err(|_| Error::Unavailable)?,
        }),
    }
}

/// What both sides put into the agreed key.
pub(super) struct Info<'a> {
    pub(super) algorithm: KeyManagement,
    pub(super) encryption: ContentEncryption,
    /// `apu` and `apv`, decoded.
    pub(super) parties: [&'a [u8]; 2],
}

/// The agreed key. The other side's point is checked to lie on the curve.
pub(super) fn agree(
    private: &PrivateKey,
    other: &Material,
    info: &Info<'_>,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let failed = Error::Undecipherable;
    let (algorithm, bytes) = parts(other).ok_or(failed)?;
    agreement::agree(
        private,
        UnparsedPublicKey::new(algorithm, bytes),
        failed,
        |secret| Ok(derive(secret, info)),
    )
}

/// Concat KDF with SHA-256 (RFC 7518 section 4.6.2).
fn derive(secret: &[u8], info: &Info<'_>) -> Zeroizing<Vec<u8>> {
    let (name, length) = match info.algorithm.wrapping_key_length() {
        Some(length) => (info.algorithm.as_str(), length),
        None => (info.encryption.as_str(), info.encryption.key_length()),
    };
    let mut out = Zeroizing::new(Vec::with_capacity(length + 32));
    for round in 1_u32.. {
        if out.len() >= length {
            break;
        }
        let mut hash = Context::new(&SHA256);
        hash.update(&round.to_be_bytes());
        hash.update(secret);
        for part in [name.as_bytes(), info.parties[0], info.parties[1]] {
            // Header parameters are far shorter than four gigabytes.
            hash.update(&(part.len() as u32).to_be_bytes());
            hash.update(part);
        }
        hash.update(&(length as u32 * 8).to_be_bytes());
        out.extend_from_slice(hash.finish().as_ref());
    }
    out.truncate(length);
    out
}

/// `epk` of a header.
pub(super) fn epk(material: &Material) -> serde_json::Value {
    let members = material.members().into_iter();
    members
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// `apu` or `apv`.
pub(super) fn party(
    header: &serde_json::Map<String, serde_json::Value>,
    name: &'static str,
) -> Result<Vec<u8>, Error> {
    match header.get(name) {
        None => Ok(Vec::new()),
        Some(value) => value
            .as_str()
            .and_then(|text| base64url::decode(text).ok())
            .ok_or(Error::InvalidHeader(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derives_the_key_of_rfc_7518_appendix_c() {
        let secret = [
            158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49,
            110, 163, 218, 128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196,
        ];
        let info = Info {
            algorithm: KeyManagement::EcdhEs,
            encryption: ContentEncryption::A128Gcm,
            parties: [b"Alice", b"Bob"],
        };
        let key = base64url::encode(&*derive(&secret, &info));
        assert_eq!(key, "VqqN6vgjbSBcIijNcacQGg");
    }
}
