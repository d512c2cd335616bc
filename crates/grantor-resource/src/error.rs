//! Reasons to refuse a token, and errors of a verifier that cannot be built.

use std::fmt;
use std::sync::Arc;

use grantor_jose as jose;

/// The reason why a token is refused. Messages hold no part of the token, so they may be sent to
/// the client.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum VerifyError {
    /// It is no JWT, and the verifier introspects no tokens.
    NotAJwt,
    /// Its signature, its form or one of its claims is invalid.
    Jwt(jose::Error),
    /// It is signed with a key that is not among the published keys of its issuer.
    UnknownKey,
    /// It is unknown, revoked or expired: an introspection does not say which.
    Inactive,
    /// It has expired.
    Expired,
    /// It is not valid yet (`nbf`).
    NotYetValid,
    /// It is of another issuer.
    WrongIssuer,
    /// It is for another resource.
    WrongAudience,
    /// Its scope is malformed.
    InvalidScope,
    /// It is a token of another kind, such as a refresh token.
    WrongKind,
    /// It is bound to a key of its client (RFC 9449, RFC 8705), and so no bearer token.
    SenderConstrained,
    /// It can't be checked now: keys, metadata or the introspection endpoint can't be reached. The
    /// cause is for the log alone.
    Undecided(Arc<dyn std::error::Error + Send + Sync>),
}

impl VerifyError {
    /// Returns whether the token could not be checked, so that it may be good or bad.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        matches!(self, Self::Undecided(_))
    }

    pub(crate) fn undecided(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Undecided(Arc::new(cause))
    }
}

impl From<jose::Error> for VerifyError {
    fn from(error: jose::Error) -> Self {
        use jose::{Error, Part};
        match error {
            Error::NotCompact | Error::Encoding(Part::Header) | Error::Json(Part::Header) => {
                Self::NotAJwt
            }
            Error::UnknownKey => Self::UnknownKey,
            Error::Expired => Self::Expired,
            Error::NotYetValid => Self::NotYetValid,
            Error::WrongIssuer => Self::WrongIssuer,
            Error::WrongAudience => Self::WrongAudience,
            Error::WrongType => Self::WrongKind,
            other => Self::Jwt(other),
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAJwt => "the token is not a JWT",
            Self::Jwt(error) => return write!(f, "the token is not good: {error}"),
            Self::UnknownKey => "the token is signed with an unknown key",
            Self::Inactive => "the token is not active",
            Self::Expired => "the token has expired",
            Self::NotYetValid => "the token is not yet valid",
            Self::WrongIssuer => "the token is of another issuer",
            Self::WrongAudience => "the token is for another audience",
            Self::InvalidScope => "the scope of the token is malformed",
            Self::WrongKind => "the token is not an access token to be used as Bearer",
            Self::SenderConstrained => "the token is bound to a key and can't be used as Bearer",
            Self::Undecided(_) => "the token can't be checked at the moment",
        })
    }
}

impl std::error::Error for VerifyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Jwt(error) => Some(error),
            Self::Undecided(cause) => Some(&**cause),
            _ => None,
        }
    }
}

/// A verifier can't be built. It lists every problem, not only the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationError {
    pub(crate) problems: Vec<String>,
}

impl ConfigurationError {
    /// The problems, one sentence each.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the verifier can't be built: {}",
            self.problems.join("; ")
        )
    }
}

impl std::error::Error for ConfigurationError {}
