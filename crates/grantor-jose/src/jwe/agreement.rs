//! Keys that two sides agree on (RFC 7518 section 4.6, RFC 8037 section 3.2.1).

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, X25519};
use aws_lc_rs::digest::{Context, SHA256};

use super::content_key::ContentKey;
use super::{ContentEncryption, KeyManagement};
use crate::Error;
use crate::jwk::Material;

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

/// The values that both sides put into the agreed key.
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
) -> Result<ContentKey, Error> {
    let failed = Error::Undecipherable;
    let (algorithm, bytes) = parts(other).ok_or(failed)?;
    agreement::agree(
        private,
        UnparsedPublicKey::new(algorithm, bytes),
        failed,
        |secret| derive(secret, info),
    )
}

/// Concat KDF with SHA-256 (RFC 7518 section 4.6.2).
fn derive(secret: &[u8], info: &Info<'_>) -> Result<ContentKey, Error> {
    let (name, length) = match info.algorithm.wrapping_key_length() {
        Some(length) => (info.algorithm.as_str(), length),
        None => (info.encryption.as_str(), info.encryption.key_length()),
    };
    ContentKey::fill(length, |key| {
        for (round, part) in (1_u32..).zip(key.chunks_mut(SHA256.output_len())) {
            let mut hash = Context::new(&SHA256);
            hash.update(&round.to_be_bytes());
            hash.update(secret);
            for text in [name.as_bytes(), info.parties[0], info.parties[1]] {
                // Header parameters are far shorter than four gigabytes.
                hash.update(&(text.len() as u32).to_be_bytes());
                hash.update(text);
            }
            hash.update(&(length as u32 * 8).to_be_bytes());
            part.copy_from_slice(&hash.finish().as_ref()[..part.len()]);
        }
        Ok(())
    })
}

/// Appends `epk` as a member of a header, with a comma before it.
pub(super) fn push_epk(material: &Material, json: &mut Vec<u8>) {
    json.extend_from_slice(br#","epk":{"#);
    for (index, (name, value)) in material.members().into_iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        // Values are base64url or names of curves: nothing in them needs escaping.
        for part in ["\"", name, "\":\"", &value, "\""] {
            json.extend_from_slice(part.as_bytes());
        }
    }
    json.push(b'}');
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
        let key = crate::base64url::encode(&*derive(&secret, &info).unwrap());
        assert_eq!(key, "VqqN6vgjbSBcIijNcacQGg");
    }
}
