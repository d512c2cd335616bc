//! The rules of decryption.

use super::{ContentEncryption, KeyManagement};
use crate::Error;
use crate::json::Member;

/// The tokens that may be decrypted. Each key names its own algorithm.
#[derive(Debug, Clone)]
pub struct Policy {
    algorithms: Vec<KeyManagement>,
    encryptions: Vec<ContentEncryption>,
    pub(super) max_password_count: u32,
    max_inflated: Option<usize>,
}

impl Policy {
    /// Twice what is recommended today, the limit of the draft that updates RFC 8725 (section
    /// 3.13).
    pub const MAX_PASSWORD_COUNT: u32 = 1_200_000;

    /// All algorithms, and nothing compressed.
    #[must_use]
    pub fn new() -> Self {
        Self {
            algorithms: KeyManagement::ALL.to_vec(),
            encryptions: ContentEncryption::ALL.to_vec(),
            max_password_count: Self::MAX_PASSWORD_COUNT,
            max_inflated: None,
        }
    }

    /// Allows only these ways to get at the key of the content.
    #[must_use]
    pub fn with_algorithms(self, algorithms: impl IntoIterator<Item = KeyManagement>) -> Self {
        Self {
            algorithms: algorithms.into_iter().collect(),
            ..self
        }
    }

    /// Allows only these encryptions of the content.
    #[must_use]
    pub fn with_encryptions(
        self,
        encryptions: impl IntoIterator<Item = ContentEncryption>,
    ) -> Self {
        Self {
            encryptions: encryptions.into_iter().collect(),
            ..self
        }
    }

    /// Refuses passwords that are hashed more often (`p2c`), at most
    /// [`MAX_PASSWORD_COUNT`](Self::MAX_PASSWORD_COUNT).
    #[must_use]
    pub fn with_max_password_count(self, count: u32) -> Self {
        Self {
            max_password_count: count.min(Self::MAX_PASSWORD_COUNT),
            ..self
        }
    }

    /// Accepts compressed contents (`zip`) that are not larger than this many bytes when they are
    /// inflated. The length of what is compressed betrays something about it (RFC 8725 section
    /// 3.6), so nothing is compressed here.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn danger_inflate_up_to(self, bytes: usize) -> Self {
        Self {
            max_inflated: Some(bytes),
            ..self
        }
    }

    pub(super) fn allows(&self, algorithm: KeyManagement, encryption: ContentEncryption) -> bool {
        self.algorithms.contains(&algorithm) && self.encryptions.contains(&encryption)
    }

    /// Up to which size the content is to be inflated, if at all.
    pub(super) fn inflates(&self, zip: Option<&Member<'_>>) -> Result<Option<usize>, Error> {
        match (zip, self.max_inflated) {
            (None, _) => Ok(None),
            (Some(Member::Text(name)), Some(limit)) if name == "DEF" => Ok(Some(limit)),
            (Some(_), _) => Err(Error::InvalidHeader("zip")),
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}
