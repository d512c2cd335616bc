//! The signature methods (RFC 5849 section 3.4, and the same with SHA-2).

use std::fmt::Debug;
use std::mem;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use grantor_jose::{Algorithm, Key, SignError, digest};
use zeroize::Zeroizing;

use super::encoding::{encode_into, encoded_length, text};
use crate::secret::Secret;

/// How a request is signed. The server says which ones it takes; RFC 5849 knows no way to ask.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SignatureMethod {
    /// `HMAC-SHA1` (RFC 5849 section 3.4.2), which every server takes. SHA-1 is broken for
    /// signatures; under a secret nobody can forge with it as far as is known.
    HmacSha1ForLegacyUseOnly,
    /// `HMAC-SHA256`, which is no part of RFC 5849.
    HmacSha256,
    /// `HMAC-SHA512`, which is no part of RFC 5849.
    HmacSha512,
    /// `RSA-SHA256` or `RSA-SHA512`, which are no part of RFC 5849: see [`rsa`](Self::rsa). The
    /// secrets sign nothing then.
    Rsa(RsaKey),
    /// `PLAINTEXT` (RFC 5849 section 3.4.4): no signature, the secrets themselves.
    DangerPlaintext,
    /// A method of the application's own.
    Own(Arc<dyn OwnMethod>),
}

/// A key for `RSA-SHA256` or `RSA-SHA512`.
#[derive(Debug, Clone)]
pub struct RsaKey(Arc<Key>);

/// A signature method that this crate does not have (RFC 5849 section 3.4: servers may define their
/// own).
pub trait OwnMethod: Debug + Send + Sync + 'static {
    /// Its name in `oauth_signature_method`.
    fn name(&self) -> &str;

    /// The value of `oauth_signature` for a base string, as it is before percent-encoding.
    ///
    /// # Errors
    /// Nothing can be signed now.
    fn signature(
        &self,
        base_string: &str,
        client: &Secret,
        token: &Secret,
    ) -> Result<Secret, SignError>;

    /// The value of `oauth_body_hash` for a body that is no form; none by default.
    fn body_hash(&self, body: &[u8]) -> Option<String> {
        let _ = body;
        None
    }
}

/// A key of another algorithm than RSA PKCS #1 with SHA-256 or SHA-512.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsuitableKey(Algorithm);

impl std::fmt::Display for UnsuitableKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let algorithm = self.0;
        write!(
            f,
            "a key for {algorithm} signs no OAuth 1.0a request: RSA-SHA256 takes a key for RS256, \
             RSA-SHA512 one for RS512"
        )
    }
}

impl std::error::Error for UnsuitableKey {}

impl SignatureMethod {
    /// `RSA-SHA256` with a key for RS256, `RSA-SHA512` with one for RS512: the signatures are the
    /// same as in JWS.
    ///
    /// # Errors
    /// The key is for another algorithm.
    pub fn rsa(key: Key) -> Result<Self, UnsuitableKey> {
        match key.algorithm() {
            Algorithm::Rs256 | Algorithm::Rs512 => Ok(Self::Rsa(RsaKey(Arc::new(key)))),
            other => Err(UnsuitableKey(other)),
        }
    }

    /// Its name in `oauth_signature_method`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::HmacSha1ForLegacyUseOnly => "HMAC-SHA1",
            Self::HmacSha256 => "HMAC-SHA256",
            Self::HmacSha512 => "HMAC-SHA512",
            Self::Rsa(key) if key.0.algorithm() == Algorithm::Rs512 => "RSA-SHA512",
            Self::Rsa(_) => "RSA-SHA256",
            Self::DangerPlaintext => "PLAINTEXT",
            Self::Own(method) => method.name(),
        }
    }

    /// Returns whether the request shows the secrets themselves.
    pub(super) fn shows_secrets(&self) -> bool {
        matches!(self, Self::DangerPlaintext)
    }

    /// The value of `oauth_signature` for a base string. Without token credentials their secret is
    /// empty.
    ///
    /// # Errors
    /// The key can't sign now.
    pub fn signature(
        &self,
        base_string: &str,
        client: &Secret,
        token: &Secret,
    ) -> Result<Secret, SignError> {
        self.signature_of(base_string.as_bytes(), client, token)
    }

    pub(super) fn signature_of(
        &self,
        base_string: &[u8],
        client: &Secret,
        token: &Secret,
    ) -> Result<Secret, SignError> {
        let secrets = || secrets(client, token);
        let encoded = |signature: &[u8]| Ok(Secret::new(STANDARD.encode(signature)));
        match self {
            Self::HmacSha1ForLegacyUseOnly => encoded(&digest::hmac_sha1_for_legacy_use_only(
                &secrets(),
                base_string,
            )),
            Self::HmacSha256 => {
                let mac = digest::hmac_sha256(&secrets(), base_string);
                encoded(&mac)
            }
            Self::HmacSha512 => {
                let mac = digest::hmac_sha512(&secrets(), base_string);
                encoded(&mac)
            }
            Self::Rsa(key) => encoded(key.0.sign_bytes(base_string)?.as_bytes()),
            Self::DangerPlaintext => Ok(Secret::new(text(mem::take(&mut *secrets())))),
            Self::Own(method) => {
                let base_string = String::from_utf8_lossy(base_string);
                method.signature(&base_string, client, token)
            }
        }
    }

    /// The value of `oauth_body_hash`, with the hash of the signature. PLAINTEXT signs nothing, so a
    /// hash would say nothing.
    pub(super) fn body_hash(&self, body: &[u8]) -> Option<String> {
        match self {
            Self::HmacSha1ForLegacyUseOnly => {
                Some(STANDARD.encode(digest::sha1_for_legacy_use_only(body)))
            }
            Self::HmacSha256 => Some(STANDARD.encode(digest::sha256(body))),
            Self::HmacSha512 => Some(STANDARD.encode(digest::sha512(body))),
            Self::Rsa(key) if key.0.algorithm() == Algorithm::Rs512 => {
                Some(STANDARD.encode(digest::sha512(body)))
            }
            Self::Rsa(_) => Some(STANDARD.encode(digest::sha256(body))),
            Self::DangerPlaintext => None,
            Self::Own(method) => method.body_hash(body),
        }
    }
}

/// The key of an HMAC (RFC 5849 section 3.4.2): both secrets, encoded. There is room for it at once, as what
/// grows leaves copies behind.
fn secrets(client: &Secret, token: &Secret) -> Zeroizing<Vec<u8>> {
    let [client, token] = [client, token].map(|secret| secret.expose().as_bytes());
    let length = encoded_length(client) + 1 + encoded_length(token);
    let mut both = Zeroizing::new(Vec::with_capacity(length));
    encode_into(client, &mut both);
    both.push(b'&');
    encode_into(token, &mut both);
    both
}
