//! Reasons to refuse an ID token.

use std::fmt;

use grantor_jose::Error;

/// The reason why an ID token was refused. Messages name the claim and never its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidIdToken {
    /// Its form, its signature or a registered claim.
    Token(Error),
    /// This hash is not that of the value that came with it (OpenID Connect Core sections 3.1.3.8 and
    /// 3.3.2.10).
    WrongHash(&'static str),
    /// This hash must be there, as a browser carried the token (section 3.3.2.11).
    MissingHash(&'static str),
    /// `auth_time` must be there, as the request had `max_age` (section 2).
    MissingAuthTime,
    /// The user proved who they are longer ago than `max_age` allows.
    AuthenticatedTooLongAgo,
    /// `acr` is none of those that the client demands.
    WrongAcr,
    /// The ID token of a renewal differs from that of the login in this claim (section 12.2).
    Changed(&'static str),
    /// It is encrypted, and no key to decrypt it was given.
    Encrypted,
    /// It is not encrypted, and the client demands that it is.
    NotEncrypted,
}

impl InvalidIdToken {
    /// Returns whether newer keys of the issuer may make it valid.
    #[must_use]
    pub fn may_have_newer_key(self) -> bool {
        self == Self::Token(Error::UnknownKey)
    }
}

impl fmt::Display for InvalidIdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ID token is refused: ")?;
        match self {
            Self::Token(error) => error.fmt(f),
            Self::WrongHash(name) => write!(f, "\"{name}\" is not the hash of what came with it"),
            Self::MissingHash(name) => {
                write!(f, "\"{name}\" is missing, and a browser carried it")
            }
            Self::MissingAuthTime => {
                f.write_str("\"auth_time\" is missing, though \"max_age\" was asked for")
            }
            Self::AuthenticatedTooLongAgo => {
                f.write_str("the user signed in longer ago than \"max_age\" allows")
            }
            Self::WrongAcr => f.write_str("\"acr\" is none of those that were demanded"),
            Self::Changed(name) => {
                write!(f, "\"{name}\" is not that of the login that is renewed")
            }
            Self::Encrypted => {
                f.write_str("it is encrypted, and the client has no key to decrypt it")
            }
            Self::NotEncrypted => f.write_str("it is not encrypted, as it must be"),
        }
    }
}

impl std::error::Error for InvalidIdToken {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Token(error) => Some(error),
            _ => None,
        }
    }
}

impl From<Error> for InvalidIdToken {
    fn from(error: Error) -> Self {
        Self::Token(error)
    }
}
