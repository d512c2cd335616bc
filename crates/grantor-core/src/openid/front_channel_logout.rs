//! The request by which an issuer ends a session through the user's browser (OpenID Connect
//! Front-Channel Logout 1.0).

use std::fmt;

use crate::params::Params;

/// A request of the issuer's page to the application's `frontchannel_logout_uri` (OpenID Connect
/// Front-Channel Logout section 3).
///
/// Any page may send one. So an application ends the session of the browser that sends it only if
/// [`session_id`](Self::session_id) is that of the session's ID token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrontChannelLogout {
    /// The session at the issuer (`sid`).
    pub session_id: String,
}

/// The reason why a request for a logout is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidFrontChannelLogout {
    /// Its parameters can't be read.
    Malformed,
    /// It has no `iss` and `sid`: register the client with
    /// `frontchannel_logout_session_required`.
    NoSession,
    /// `iss` is another issuer.
    OtherIssuer,
}

impl fmt::Display for InvalidFrontChannelLogout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the parameters of the logout can't be read",
            Self::NoSession => {
                "the logout names no session: register the client with \
                 \"frontchannel_logout_session_required\""
            }
            Self::OtherIssuer => "the logout is one of another issuer",
        })
    }
}

impl std::error::Error for InvalidFrontChannelLogout {}

impl FrontChannelLogout {
    /// Reads the query of the request, which must name this issuer.
    ///
    /// # Errors
    /// Fails for the reasons that [`InvalidFrontChannelLogout`] lists.
    pub fn from_query(query: &str, issuer: &str) -> Result<Self, InvalidFrontChannelLogout> {
        let params = Params::parse(query.as_bytes());
        let params = params.map_err(|_| InvalidFrontChannelLogout::Malformed)?;
        match (params.get("iss"), params.get("sid")) {
            (Some(named), _) if named != issuer => Err(InvalidFrontChannelLogout::OtherIssuer),
            (Some(_), Some(session_id)) if !session_id.is_empty() => Ok(Self {
                session_id: session_id.to_owned(),
            }),
            _ => Err(InvalidFrontChannelLogout::NoSession),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_issuer_and_the_session() {
        let read = |query| FrontChannelLogout::from_query(query, "https://idp.example");
        let good = read("iss=https%3A%2F%2Fidp.example&sid=s1").unwrap();
        assert_eq!(good.session_id, "s1");
        for (query, error) in [
            ("sid=s1", InvalidFrontChannelLogout::NoSession),
            ("", InvalidFrontChannelLogout::NoSession),
            (
                "iss=https://idp.example&sid=",
                InvalidFrontChannelLogout::NoSession,
            ),
            (
                "iss=https://idp.example",
                InvalidFrontChannelLogout::NoSession,
            ),
            (
                "iss=https://idp.example/&sid=s1",
                InvalidFrontChannelLogout::OtherIssuer,
            ),
            (
                "iss=a&iss=https://idp.example&sid=s1",
                InvalidFrontChannelLogout::Malformed,
            ),
        ] {
            assert_eq!(read(query), Err(error), "{query}");
        }
    }
}
