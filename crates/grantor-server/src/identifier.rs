//! Identifiers of records.

use std::fmt;

use grantor_core::{Environment, Timestamp};
use grantor_jose::base64url;
use serde::{Deserialize, Serialize};

/// The identifier of a record that this server mints: 48 bits of time, then 80 random ones, so that
/// new records lie at one end of a store. It is no secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identifier([u8; 16]);

impl Identifier {
    /// A new one.
    #[must_use]
    pub fn mint(environment: &Environment) -> Self {
        Self::at(environment.now(), environment.random_bytes())
    }

    pub(crate) fn at(now: Timestamp, random: [u8; 10]) -> Self {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&now.as_millis().to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random);
        Self(bytes)
    }

    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for the key of a record.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads the text that it prints as.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        base64url::decode_array(text).ok().map(Self)
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(self.0))
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({self})")
    }
}

impl From<Identifier> for String {
    fn from(id: Identifier) -> Self {
        base64url::encode(id.0)
    }
}

impl TryFrom<String> for Identifier {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        Self::parse(&text).ok_or("an identifier is 16 bytes")
    }
}
