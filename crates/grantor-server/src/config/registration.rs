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
    /// Whether there is an endpoint for it.
    #[must_use]
    pub fn is_on(&self) -> bool {
        *self != Self::Off
    }
}

/// How long a client that registered itself waits for its first use. A day by default.
pub(super) const UNUSED_CLIENT_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
