//! Tokens that may be encrypted to the client, taken out of their encryption.

use std::borrow::Cow;
use std::sync::Arc;

use grantor_jose::jwe::{self, DecryptionKey};
use grantor_jose::{Error, Part};

/// The client's keys for tokens that are encrypted to it, and the algorithms that it registered.
#[derive(Clone)]
pub struct TokenDecryption {
    keys: Arc<[DecryptionKey]>,
    policy: jwe::Policy,
    required: bool,
}

impl TokenDecryption {
    /// Decrypts with these keys whatever is encrypted.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = DecryptionKey>, policy: jwe::Policy) -> Self {
        Self {
            keys: keys.into_iter().collect(),
            policy,
            required: false,
        }
    }

    /// Refuses tokens that are not encrypted, and answers of UserInfo in plain JSON.
    #[must_use]
    pub fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    /// Returns whether what is not encrypted is refused.
    pub(super) fn is_required(&self) -> bool {
        self.required
    }
}

impl std::fmt::Debug for TokenDecryption {
    /// Leaves out the keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenDecryption")
            .field("policy", &self.policy)
            .field("required", &self.required)
            .finish_non_exhaustive()
    }
}

/// A text from a server, out of its encryption if it had one.
pub(crate) enum Plain<'a> {
    /// It was not encrypted.
    AsSent(&'a str),
    /// It was encrypted; with the `cty` of its encryption.
    Decrypted(String, Option<String>),
    /// It is encrypted, and there are no keys.
    NoKey,
    /// It is not encrypted, and has to be.
    NotEncrypted,
}

/// A signed token has two dots, an encrypted one has four (RFC 7516 section 9).
pub(super) fn is_encrypted(token: &str) -> bool {
    token.bytes().filter(|byte| *byte == b'.').count() == 4
}

/// Takes a token out of its encryption. Encryption alone proves nothing: everybody can encrypt.
pub(crate) fn plain<'a>(
    token: &'a str,
    decryption: Option<&TokenDecryption>,
) -> Result<Plain<'a>, Error> {
    match (is_encrypted(token), decryption) {
        (false, Some(decryption)) if decryption.required => Ok(Plain::NotEncrypted),
        (false, _) => Ok(Plain::AsSent(token)),
        (true, None) => Ok(Plain::NoKey),
        (true, Some(decryption)) => {
            let outer = jwe::decrypt(token, &decryption.keys, &decryption.policy)?;
            let text = String::from_utf8(outer.plaintext);
            let text = text.map_err(|_| Error::Encoding(Part::Payload))?;
            Ok(Plain::Decrypted(text, outer.content_type))
        }
    }
}

/// The signed token inside of an encryption, whose `cty` must say so (RFC 7519 section 5.2).
pub(crate) fn nested(text: String, content_type: Option<&str>) -> Result<Cow<'static, str>, Error> {
    match content_type {
        Some(cty) if cty.eq_ignore_ascii_case("JWT") => Ok(Cow::Owned(text)),
        _ => Err(Error::InvalidHeader("cty")),
    }
}
