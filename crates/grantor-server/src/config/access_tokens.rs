//! The formats of access tokens.

use grantor_jose::Algorithm;

/// The format of access tokens.
///
/// The texts of all but [`Jwt`](Self::Jwt) are random and mean nothing to anybody but this server, which
/// keeps a record of each. Such a token ends when its grant ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AccessTokens {
    /// A random text of 67 characters, which begins with `ga_`.
    #[default]
    Opaque,
    /// A random text of so many characters, 25 to 256, which begins with `ga_`. For clients and
    /// resource servers that have room for no other.
    OpaqueOfLength(u16),
    /// A random UUID, version 4 (RFC 9562 section 5.4): 36 characters. It has 122 random bits, and
    /// RFC 6749 section 10.10 asks for a chance of at most 1 in 2<sup>128</sup> to guess a token, so it
    /// needs [`Profile::Legacy20`](crate::Profile::Legacy20).
    Uuid4,
    /// A signed JWT (RFC 9068): ES256, EdDSA, RS256 or PS256. Verified offline it is valid until it expires.
    Jwt(Algorithm),
}

impl AccessTokens {
    /// The characters of [`Opaque`](Self::Opaque).
    pub(crate) const OPAQUE_LENGTH: u16 = 67;

    /// What is wrong with it.
    pub(crate) fn problem(self) -> Option<&'static str> {
        match self {
            Self::OpaqueOfLength(length) if !(25..=256).contains(&length) => {
                Some("an opaque access token has 25 to 256 characters")
            }
            Self::Jwt(
                Algorithm::Es256 | Algorithm::EdDsa | Algorithm::Rs256 | Algorithm::Ps256,
            ) => None,
            Self::Jwt(_) => Some("JWT access tokens are signed with ES256, EdDSA, RS256 or PS256"),
            Self::Opaque | Self::OpaqueOfLength(_) | Self::Uuid4 => None,
        }
    }
}
