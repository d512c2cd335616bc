//! The signature methods (RFC 5849 section 3.4, and HMAC with SHA-2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use grantor_jose::digest;

use super::parameters::encode;
use crate::secret::Secret;

/// How a request is signed. The server says which ones it takes; RFC 5849 knows no way to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureMethod {
    /// `HMAC-SHA1` (RFC 5849 section 3.4.2), which every server takes. SHA-1 is broken for
    /// signatures; under a secret nobody can forge with it as far as is known.
    HmacSha1ForLegacyUseOnly,
    /// `HMAC-SHA256`, which is no part of RFC 5849.
    HmacSha256,
    /// `HMAC-SHA512`, which is no part of RFC 5849.
    HmacSha512,
    /// `PLAINTEXT` (RFC 5849 section 3.4.4): no signature, the secrets themselves.
    DangerPlaintext,
}

impl SignatureMethod {
    /// Its name in `oauth_signature_method`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha1ForLegacyUseOnly => "HMAC-SHA1",
            Self::HmacSha256 => "HMAC-SHA256",
            Self::HmacSha512 => "HMAC-SHA512",
            Self::DangerPlaintext => "PLAINTEXT",
        }
    }

    /// The value of `oauth_signature` for a base string. Without token credentials their secret is
    /// empty.
    #[must_use]
    pub fn signature(self, base_string: &str, client: &Secret, token: &Secret) -> Secret {
        let encoded = |secret: &Secret| encode(secret.expose().as_bytes());
        let key = Secret::new(format!("{}&{}", encoded(client), encoded(token)));
        let (bytes, text) = (key.expose().as_bytes(), base_string.as_bytes());
        Secret::new(match self {
            Self::HmacSha1ForLegacyUseOnly => {
                STANDARD.encode(digest::hmac_sha1_for_legacy_use_only(bytes, text))
            }
            Self::HmacSha256 => STANDARD.encode(digest::hmac_sha256(bytes, text)),
            Self::HmacSha512 => STANDARD.encode(digest::hmac_sha512(bytes, text)),
            Self::DangerPlaintext => return key,
        })
    }

    /// The value of `oauth_body_hash`, with the hash of the signature. PLAINTEXT signs nothing, so a
    /// hash would say nothing.
    pub(super) fn body_hash(self, body: &[u8]) -> Option<String> {
        match self {
            Self::HmacSha1ForLegacyUseOnly => {
                Some(STANDARD.encode(digest::sha1_for_legacy_use_only(body)))
            }
            Self::HmacSha256 => Some(STANDARD.encode(digest::sha256(body))),
            Self::HmacSha512 => Some(STANDARD.encode(digest::sha512(body))),
            Self::DangerPlaintext => None,
        }
    }
}
