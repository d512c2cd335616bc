//! A validated logout token (OpenID Connect Back-Channel Logout 1.0).

use grantor_jose::jwt::Claims;
use grantor_jose::{Error, Timestamp};

/// A message of the issuer that a user, or one session of a user, has ended (OpenID Connect Back-Channel
/// Logout section 2.4).
///
/// End every session of the application that fits: that of [`session_id`](Self::session_id) if there is
/// one, otherwise all of [`subject`](Self::subject). To end a session twice does no harm, so nothing
/// needs to remember [`jwt_id`](Self::jwt_id).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogoutToken {
    /// The user, if the message names one (`sub`).
    pub subject: Option<String>,
    /// The session at the issuer, if the message names one (`sid`).
    pub session_id: Option<String>,
    /// The identifier of this message (`jti`).
    pub jwt_id: String,
    /// When it was made.
    pub issued_at: Timestamp,
}

impl LogoutToken {
    pub(super) fn of(claims: &Claims) -> Result<Self, Error> {
        Ok(Self {
            subject: claims.subject.clone(),
            session_id: claims.text("sid")?.map(str::to_owned),
            jwt_id: claims.jwt_id.clone().ok_or(Error::MissingClaim("jti"))?,
            issued_at: claims.issued_at.ok_or(Error::MissingClaim("iat"))?,
        })
    }
}

impl std::fmt::Debug for LogoutToken {
    /// Leaves out what says who the user is.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogoutToken")
            .field("jwt_id", &self.jwt_id)
            .field("issued_at", &self.issued_at)
            .finish_non_exhaustive()
    }
}
