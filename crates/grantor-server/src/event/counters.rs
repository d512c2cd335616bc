//! The counters of events.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Event, EventKind};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counts of the events since the server started.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $($name: AtomicU64,)*
        }

        /// The counters at one moment.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub struct CountersSnapshot {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Counters {
            pub(crate) fn snapshot(&self) -> CountersSnapshot {
                CountersSnapshot {
                    $($name: self.$name.load(Ordering::Relaxed),)*
                }
            }
        }
    };
}

counters! {
    /// Requests for metadata or keys.
    discovery_requests,
    /// Requests to the authorization endpoint.
    authorization_requests,
    /// Codes that were issued.
    codes_issued,
    /// Requests to the token endpoint.
    token_requests,
    /// Access tokens that were issued.
    tokens_issued,
    /// Refresh tokens that were rotated.
    refresh_rotations,
    /// Refresh tokens that were presented again within the grace period.
    refresh_grace_uses,
    /// Codes or refresh tokens that were used again, which ended their grant.
    replays,
    /// Requests to the introspection endpoint.
    introspection_requests,
    /// Requests to the revocation endpoint.
    revocation_requests,
    /// Refresh tokens that were newer than their record: the store lost writes.
    rollbacks,
    /// Requests that were refused or failed.
    errors,
}

impl Counters {
    pub(crate) fn count(&self, event: &Event<'_>) {
        let counter = match event.kind {
            EventKind::RequestReceived => match event.endpoint {
                Some("token") => &self.token_requests,
                Some("introspection") => &self.introspection_requests,
                Some("revocation") => &self.revocation_requests,
                Some("authorization") => &self.authorization_requests,
                Some("metadata" | "jwks") => &self.discovery_requests,
                _ => return,
            },
            EventKind::CodeIssued => &self.codes_issued,
            EventKind::AccessTokenIssued => &self.tokens_issued,
            EventKind::RefreshTokenRotated => &self.refresh_rotations,
            EventKind::RefreshTokenRepeated => &self.refresh_grace_uses,
            EventKind::TokenReplayed => &self.replays,
            EventKind::StoreRolledBack => &self.rollbacks,
            EventKind::RequestRefused
            | EventKind::RequestFailed
            | EventKind::AuthorizationDenied => &self.errors,
            _ => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
