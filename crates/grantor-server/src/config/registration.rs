//! The clients that may register themselves.

use std::time::Duration;

use grantor_core::Secret;

/// Whether clients may register themselves (RFC 7591) and manage that registration (RFC 7592).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Registration {
    /// No. There is no endpoint for it.
    #[default]
    Off,
    /// Anybody may. The user decides about each client, and its name is nobody's word but its own.
    Open,
    /// Holders of this initial access token may.
    WithToken(Secret),
}

impl Registration {
    /// The fewest characters of an initial access token, so that nobody guesses it.
    const SHORTEST_TOKEN: usize = 16;

    /// Returns the problem with the initial access token; none if there is no problem, or no token.
    #[must_use]
    pub fn problem(&self) -> Option<&'static str> {
        let Self::WithToken(token) = self else {
            return None;
        };
        let token = token.expose();
        let is_sendable = token.bytes().all(|byte| byte.is_ascii_graphic());
        (token.len() < Self::SHORTEST_TOKEN || !is_sendable).then_some(
            "the initial access token of registration must have at least 16 visible ASCII characters and \
             no others",
        )
    }

    /// Whether there is an endpoint for it.
    #[must_use]
    pub fn is_on(&self) -> bool {
        *self != Self::Off
    }
}

/// How long a client that registered itself waits for its first use. A day by default.
pub(super) const UNUSED_CLIENT_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::Registration;

    #[test]
    fn an_initial_access_token_is_not_easily_guessed() {
        for (token, is_fine) in [
            ("0123456789abcdef", true),
            ("0123456789abcde", false),
            ("", false),
            ("0123456789abcde ", false),
            ("0123456789abcdef\n", false),
            ("0123456789abcdefü", false),
        ] {
            let registration = Registration::WithToken(token.into());
            assert_eq!(registration.problem().is_none(), is_fine, "{token:?}");
        }
        assert_eq!(Registration::Open.problem(), None);
    }
}
