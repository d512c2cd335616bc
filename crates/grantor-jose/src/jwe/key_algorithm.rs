//! How an algorithm gets at the key of a content.

use super::KeyManagement;

impl KeyManagement {
    pub(crate) const fn is_password(self) -> bool {
        matches!(
            self,
            Self::Pbes2Hs256A128Kw | Self::Pbes2Hs384A192Kw | Self::Pbes2Hs512A256Kw
        )
    }

    pub(crate) const fn is_gcm(self) -> bool {
        matches!(self, Self::A128GcmKw | Self::A192GcmKw | Self::A256GcmKw)
    }

    /// Returns whether there is no encrypted key, because the key of the content follows from the
    /// rest.
    pub(crate) const fn is_direct(self) -> bool {
        matches!(self, Self::Dir | Self::EcdhEs)
    }

    /// How many bytes the AES key has that wraps; nothing if none does.
    pub(crate) const fn wrapping_key_length(self) -> Option<usize> {
        match self {
            Self::EcdhEsA128Kw | Self::A128Kw | Self::A128GcmKw | Self::Pbes2Hs256A128Kw => {
                Some(16)
            }
            Self::EcdhEsA192Kw | Self::A192Kw | Self::A192GcmKw | Self::Pbes2Hs384A192Kw => {
                Some(24)
            }
            Self::EcdhEsA256Kw | Self::A256Kw | Self::A256GcmKw | Self::Pbes2Hs512A256Kw => {
                Some(32)
            }
            Self::RsaOaep | Self::RsaOaep256 | Self::EcdhEs | Self::Dir => None,
        }
    }
}
