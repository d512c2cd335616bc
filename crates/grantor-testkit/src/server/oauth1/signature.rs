//! Signature methods (RFC 5849 section 3.4, and the same with SHA-2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use grantor_jose::{PublicKey, digest};

use super::base_string::encoded;
use super::rsa;

/// The methods that the server knows.
pub(super) const METHODS: [&str; 7] = [
    "HMAC-SHA1",
    "HMAC-SHA256",
    "HMAC-SHA512",
    "PLAINTEXT",
    "RSA-SHA1",
    "RSA-SHA256",
    "RSA-SHA512",
];

/// What a signature is verified with.
pub(super) struct Keys<'a> {
    pub(super) client_secret: &'a str,
    pub(super) token_secret: &'a str,
    pub(super) public_key: Option<&'a PublicKey>,
}

/// Returns whether `signature`, in base64 unless it is PLAINTEXT, is good.
pub(super) fn is_good(method: &str, keys: &Keys<'_>, text: &str, signature: &str) -> bool {
    let secrets = [keys.client_secret, keys.token_secret];
    let secrets = secrets.map(|secret| encoded(secret.as_bytes())).join("&");
    let text = text.as_bytes();
    match method {
        "PLAINTEXT" => signature == secrets,
        "HMAC-SHA1" | "HMAC-SHA256" | "HMAC-SHA512" => {
            let hash = Hash::of(method);
            STANDARD.encode(hmac(hash, secrets.as_bytes(), text)) == signature
        }
        _ => {
            let (Some(key), Ok(signature)) = (keys.public_key, STANDARD.decode(signature)) else {
                return false;
            };
            let hash = Hash::of(method);
            rsa::verifies(key, hash.digest_info(), &hash.digest(text), &signature)
        }
    }
}

/// Returns whether `value` is the hash of a body by the hash function of the method.
pub(super) fn is_body_hash(method: &str, body: &[u8], value: &str) -> bool {
    STANDARD.encode(Hash::of(method).digest(body)) == value
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

impl Hash {
    fn of(method: &str) -> Self {
        match method {
            "HMAC-SHA256" | "RSA-SHA256" => Self::Sha256,
            "HMAC-SHA512" | "RSA-SHA512" => Self::Sha512,
            _ => Self::Sha1,
        }
    }

    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => digest::sha1_for_legacy_use_only(bytes).to_vec(),
            Self::Sha256 => digest::sha256(bytes).to_vec(),
            Self::Sha512 => digest::sha512(bytes).to_vec(),
        }
    }

    fn block_size(self) -> usize {
        if self == Self::Sha512 { 128 } else { 64 }
    }

    /// RFC 8017 section 9.2, note 1.
    fn digest_info(self) -> &'static [u8] {
        match self {
            Self::Sha1 => b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
            Self::Sha256 => {
                b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
            }
            Self::Sha512 => {
                b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"
            }
        }
    }
}

/// RFC 2104 section 2.
fn hmac(hash: Hash, key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = match key.len() > hash.block_size() {
        true => hash.digest(key),
        false => key.to_vec(),
    };
    block.resize(hash.block_size(), 0);
    let padded = |pad: u8| block.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>();
    let inner = hash.digest(&[&padded(0x36), text].concat());
    hash.digest(&[padded(0x5c), inner].concat())
}
