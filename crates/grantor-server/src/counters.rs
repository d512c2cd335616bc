use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What the server has done since it started.
        #[derive(Debug, Default)]
        pub struct Counters {
            $(pub(crate) $name: AtomicU64,)*
        }

        /// The counters at one moment.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub struct CountersSnapshot {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Counters {
            /// What they are now.
            #[must_use]
            pub fn snapshot(&self) -> CountersSnapshot {
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
    /// Refresh tokens that were given again within grace.
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

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
