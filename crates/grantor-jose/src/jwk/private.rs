//! The private members of a JWK (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1, RFC 8037 section 2).

use aws_lc_rs::rsa::{self, KeyPairComponents, PublicKeyComponents};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::Material;
use super::material::text;
use crate::der::RsaNumbers;
use crate::{Error, Part, base64url, json};

/// The numbers of a private or secret key.
pub(crate) enum Private {
    /// EC and OKP: the public part and `d`.
    Curve(Material, Zeroizing<Vec<u8>>),
    /// n, e, d, p, q, dp, dq, qi.
    Rsa(Box<RsaNumbers>),
    /// `oct`.
    Secret(Zeroizing<Vec<u8>>),
}

impl Private {
    pub(crate) fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, Error> {
        match text(jwk, "kty")? {
            "oct" => Ok(Self::Secret(bytes(jwk, "k")?)),
            "RSA" => {
                // RFC 7518 section 6.3.2.7: primes beyond two.
                if jwk.contains_key("oth") {
                    return Err(Error::UnsupportedKey);
                }
                let mut numbers = RsaNumbers::default();
                for (number, name) in numbers.iter_mut().zip(RSA_MEMBERS) {
                    *number = unsigned(jwk, name)?;
                }
                Ok(Self::Rsa(Box::new(numbers)))
            }
            "EC" | "OKP" => {
                let material = Material::from_jwk(jwk)?;
                let length = match &material {
                    Material::Ec { curve, .. } => curve.length(),
                    _ => 32,
                };
                let d = bytes(jwk, "d")?;
                if d.len() != length {
                    return Err(Error::InvalidKey("d"));
                }
                Ok(Self::Curve(material, d))
            }
            _ => Err(Error::UnsupportedKey),
        }
    }

    /// The members as JSON, without the braces, the public ones first.
    pub(crate) fn members(&self) -> Zeroizing<String> {
        let mut out = Zeroizing::new(String::with_capacity(MAX_JSON));
        match self {
            Self::Secret(secret) => {
                out.push_str(r#""kty":"oct""#);
                push(&mut out, "k", secret);
            }
            Self::Rsa(numbers) => {
                out.push_str(r#""kty":"RSA""#);
                for (number, name) in numbers.iter().zip(RSA_MEMBERS) {
                    push(&mut out, name, number);
                }
            }
            Self::Curve(material, d) => {
                for (name, value) in material.members() {
                    let comma = if out.is_empty() { "" } else { "," };
                    out.extend([comma, "\"", name, "\":\"", &value, "\""]);
                }
                push(&mut out, "d", d);
            }
        }
        out
    }
}

/// The key of a private RSA JWK, if its numbers belong together.
pub(crate) fn rsa_key_pair(numbers: &RsaNumbers) -> Result<rsa::KeyPair, Error> {
    let [n, e, d, p, q, dp, dq, qi] = numbers.each_ref().map(|number| number.as_slice());
    rsa::KeyPair::from_components(&KeyPairComponents {
        public_key: PublicKeyComponents { n, e },
        d,
        p,
        q,
        dP: dp,
        dQ: dq,
        qInv: qi,
    })
    .map_err(|_| Error::InvalidKey("d"))
}

/// Reads the object that a JWK is.
pub(crate) fn object(jwk: &str) -> Result<Map<String, Value>, Error> {
    if jwk.len() > MAX_JSON {
        return Err(Error::TooLarge);
    }
    json::document(jwk.as_bytes(), Part::Key)
}

fn push(out: &mut String, name: &str, bytes: &[u8]) {
    out.extend([",\"", name, "\":\""]);
    base64url::encode_into(bytes, out);
    out.push('"');
}

fn bytes(jwk: &Map<String, Value>, name: &'static str) -> Result<Zeroizing<Vec<u8>>, Error> {
    match base64url::decode(text(jwk, name)?) {
        Ok(bytes) if !bytes.is_empty() => Ok(Zeroizing::new(bytes)),
        _ => Err(Error::InvalidKey(name)),
    }
}

/// RFC 7518 section 2: "the minimum number of octets".
fn unsigned(jwk: &Map<String, Value>, name: &'static str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let bytes = bytes(jwk, name)?;
    if bytes[0] == 0 {
        return Err(Error::InvalidKey(name));
    }
    Ok(bytes)
}

const RSA_MEMBERS: [&str; 8] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];

/// A private RSA key of 8192 bits takes some 6 kilobytes; certificates may be beside it.
const MAX_JSON: usize = 64 * 1024;
