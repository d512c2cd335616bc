//! The numbers of a public key, checked, and what verifies with them.

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512, RsaParameters,
};
use serde_json::{Map, Value};

use super::{Curve, checks};
use crate::der::Spki;
use crate::jwe_algorithm::KeyManagement;
use crate::{Algorithm, Error, base64url};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Material {
    /// The point is uncompressed: 4, x, y.
    Ec {
        curve: Curve,
        point: Vec<u8>,
    },
    Ed25519 {
        x: [u8; 32],
    },
    X25519 {
        x: [u8; 32],
    },
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
}

/// The verifying part of a key, parsed.
#[derive(Clone)]
pub(crate) enum Parsed {
    One(ParsedPublicKey),
    /// The library binds an RSA key to one algorithm.
    Rsa(Vec<(Algorithm, ParsedPublicKey)>),
    /// The key is not for signatures.
    Nothing,
}

impl Parsed {
    pub(super) fn get(&self, algorithm: Algorithm) -> Option<&ParsedPublicKey> {
        match self {
            Self::One(key) => Some(key),
            Self::Rsa(keys) => {
                let mut keys = keys.iter();
                keys.find(|(one, _)| *one == algorithm).map(|(_, key)| key)
            }
            Self::Nothing => None,
        }
    }
}

impl Material {
    pub(crate) fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, Error> {
        let curve = jwk.get("crv").and_then(Value::as_str);
        match (text(jwk, "kty")?, curve) {
            ("EC", Some(name)) => {
                let curve = Curve::from_name(name).ok_or(Error::UnsupportedKey)?;
                let x = coordinate(jwk, "x", curve.length())?;
                let y = coordinate(jwk, "y", curve.length())?;
                let point = [&[4], x.as_slice(), &y].concat();
                Ok(Self::Ec { curve, point })
            }
            ("OKP", Some("Ed25519")) => Ok(Self::Ed25519 {
                x: bytes(jwk, "x")?,
            }),
            ("OKP", Some("X25519")) => Ok(Self::X25519 {
                x: bytes(jwk, "x")?,
            }),
            ("RSA", _) => Ok(Self::Rsa {
                n: number(jwk, "n")?,
                e: number(jwk, "e")?,
            }),
            ("OKP", Some("Ed448")) => Err(Error::UnsupportedCurve("Ed448")),
            ("OKP", Some("X448")) => Err(Error::UnsupportedCurve("X448")),
            ("EC" | "OKP", None) => Err(Error::InvalidKey("crv")),
            _ => Err(Error::UnsupportedKey),
        }
    }

    pub(crate) fn from_spki(key: &Spki<'_>) -> Result<Self, Error> {
        let x = |bytes: &[u8]| bytes.try_into().map_err(|_| Error::InvalidKey("x"));
        match key {
            Spki::Rsa(n, e) => Ok(Self::Rsa {
                n: n.to_vec(),
                e: e.to_vec(),
            }),
            Spki::Ec(oid, point) => Ok(Self::Ec {
                curve: Curve::from_oid(oid).ok_or(Error::UnsupportedKey)?,
                point: point.to_vec(),
            }),
            Spki::Ed25519(bytes) => Ok(Self::Ed25519 { x: x(bytes)? }),
            Spki::X25519(bytes) => Ok(Self::X25519 { x: x(bytes)? }),
            Spki::Unsupported(curve) => Err(Error::UnsupportedCurve(curve)),
            Spki::Other => Err(Error::UnsupportedKey),
        }
    }

    pub(crate) fn to_spki(&self) -> Spki<'_> {
        match self {
            Self::Ec { curve, point } => Spki::Ec(curve.oid(), point),
            Self::Ed25519 { x } => Spki::Ed25519(x),
            Self::X25519 { x } => Spki::X25519(x),
            Self::Rsa { n, e } => Spki::Rsa(n, e),
        }
    }

    /// Checks the numbers and prepares them for verification with these of the algorithms that
    /// fit.
    ///
    /// A string that is no point of the curve is taken as an Ed25519 key, and then no signature
    /// is valid.
    pub(super) fn parse(&self, wanted: impl Fn(Algorithm) -> bool) -> Result<Parsed, Error> {
        let invalid = Error::InvalidKey("x");
        match self {
            // The library also takes compressed points and the point at infinity.
            Self::Ec { curve, point } if point.len() != 2 * curve.length() + 1 => Err(invalid),
            Self::Ec { point, .. } if point[0] != 4 => Err(invalid),
            Self::Ec { curve, point } => ParsedPublicKey::new(curve.verifying(), point)
                .map(Parsed::One)
                .map_err(|_| invalid),
            Self::Ed25519 { x } => {
                checks::ed25519(x)?;
                let parsed = ParsedPublicKey::new(&ED25519, x);
                parsed.map(Parsed::One).map_err(|_| invalid)
            }
            Self::X25519 { x } => checks::x25519(x).map(|()| Parsed::Nothing),
            Self::Rsa { n, e } => {
                checks::modulus(n)?;
                checks::exponent(e)?;
                let parse = |parameters| {
                    PublicKeyComponents { n, e }
                        .to_parsed_public_key(parameters)
                        .map_err(|_| Error::InvalidKey("n"))
                };
                // Also if no algorithm is wanted, the numbers have to pass.
                parse(&RSA_PKCS1_2048_8192_SHA256)?;
                let wanted = RSA.iter().filter(|(algorithm, _)| wanted(*algorithm));
                wanted
                    .map(|(algorithm, parameters)| Ok((*algorithm, parse(parameters)?)))
                    .collect::<Result<_, _>>()
                    .map(Parsed::Rsa)
            }
        }
    }

    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        match self {
            Self::Ec { curve, .. } => curve.algorithm() == algorithm,
            Self::Ed25519 { .. } => matches!(algorithm, Algorithm::EdDsa | Algorithm::Ed25519),
            Self::X25519 { .. } => false,
            Self::Rsa { .. } => algorithm.is_rsa(),
        }
    }

    pub(crate) fn fits_encryption(&self, algorithm: KeyManagement) -> bool {
        match self {
            Self::Ec { curve, .. } => algorithm.is_agreement() && curve.agreement().is_some(),
            Self::Ed25519 { .. } => false,
            Self::X25519 { .. } => algorithm.is_agreement(),
            Self::Rsa { .. } => algorithm.is_rsa(),
        }
    }

    /// The members that make the key, in the order of RFC 7638 section 3.3.
    pub(crate) fn members(&self) -> Vec<(&'static str, String)> {
        let encode = |bytes: &[u8]| base64url::encode(bytes);
        match self {
            Self::Ec { curve, point } => {
                let (x, y) = point[1..].split_at(curve.length());
                vec![
                    ("crv", curve.name().into()),
                    ("kty", "EC".into()),
                    ("x", encode(x)),
                    ("y", encode(y)),
                ]
            }
            Self::Ed25519 { x } => vec![
                ("crv", "Ed25519".into()),
                ("kty", "OKP".into()),
                ("x", encode(x)),
            ],
            Self::X25519 { x } => vec![
                ("crv", "X25519".into()),
                ("kty", "OKP".into()),
                ("x", encode(x)),
            ],
            Self::Rsa { n, e } => vec![("e", encode(e)), ("kty", "RSA".into()), ("n", encode(n))],
        }
    }
}

const RSA: [(Algorithm, &RsaParameters); 6] = [
    (Algorithm::Ps256, &RSA_PSS_2048_8192_SHA256),
    (Algorithm::Ps384, &RSA_PSS_2048_8192_SHA384),
    (Algorithm::Ps512, &RSA_PSS_2048_8192_SHA512),
    (Algorithm::Rs256, &RSA_PKCS1_2048_8192_SHA256),
    (Algorithm::Rs384, &RSA_PKCS1_2048_8192_SHA384),
    (Algorithm::Rs512, &RSA_PKCS1_2048_8192_SHA512),
];

/// A member that must be a string.
pub(crate) fn text<'a>(jwk: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, Error> {
    jwk.get(name)
        .and_then(Value::as_str)
        .ok_or(Error::InvalidKey(name))
}

/// RFC 7518 section 6.2.1.2: "The length of this octet string MUST be the full size of a
/// coordinate".
fn coordinate(
    jwk: &Map<String, Value>,
    name: &'static str,
    length: usize,
) -> Result<Vec<u8>, Error> {
    match base64url::decode(text(jwk, name)?) {
        Ok(bytes) if bytes.len() == length => Ok(bytes),
        _ => Err(Error::InvalidKey(name)),
    }
}

fn bytes(jwk: &Map<String, Value>, name: &'static str) -> Result<[u8; 32], Error> {
    base64url::decode_array(text(jwk, name)?).map_err(|_| Error::InvalidKey(name))
}

/// RFC 7518 section 2: a Base64urlUInt uses "the minimum number of octets".
fn number(jwk: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, Error> {
    match base64url::decode(text(jwk, name)?) {
        Ok(bytes) if bytes.first().is_some_and(|first| *first != 0) => Ok(bytes),
        _ => Err(Error::InvalidKey(name)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_has_no_leading_zeros() {
        let read = |text: &str| number(json!({"e": text}).as_object().unwrap(), "e");
        assert_eq!(read("AQAB"), Ok(vec![1, 0, 1]));
        for bad in ["AAEAAQ", "AA", "", "AQAB=", "65537"] {
            assert_eq!(read(bad), Err(Error::InvalidKey("e")), "{bad}");
        }
    }
}
