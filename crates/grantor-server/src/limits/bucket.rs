//! The limits, and how often something may be tried within each.

use std::time::Duration;

/// The limits, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bucket {
    /// Logins from one address.
    LoginsFromAddress,
    /// Logins to one account, from browsers that never signed in to it. Those that succeed are given back
    /// ([`Limits::give_back`](crate::Limits::give_back)), so that the count says nothing about the account.
    LoginsToAccount,
    /// Logins from a browser that signed in before, so that nobody else can lock it out.
    LoginsFromKnownBrowser,
    /// Wrong secrets of one client from one address.
    WrongClientSecrets,
    /// User codes of devices that were typed in from one address (RFC 8628 section 5.1).
    UserCodesFromAddress,
    /// User codes that were typed in from one IPv6 /48, in which one attacker may have 65,536 networks of
    /// /64.
    UserCodesFromNetwork,
    /// User codes that were typed in by all whose address is not known.
    UserCodesWithoutAddress,
    /// Requests of public clients that the server keeps, from one address: pushed authorization requests
    /// (RFC 9126) and those of devices. Anybody can use the identifier of a public client.
    KeptRequestsFromAddress,
    /// The same from one IPv6 /48.
    KeptRequestsFromNetwork,
    /// Registrations from one address (RFC 7591).
    Registrations,
    /// Registrations from one IPv6 /48.
    RegistrationsFromNetwork,
    /// Registrations by all whose address is not known.
    RegistrationsWithoutAddress,
    /// Wrong initial access tokens at the registration endpoint from one address.
    WrongRegistrationTokens,
    /// Metadata documents of clients that are fetched for requests from one address.
    DocumentsFromAddress,
    /// The same for one IPv6 /48.
    DocumentsFromNetwork,
}

/// How often something may be tried within a window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limit {
    /// The most tries.
    pub tries: u64,
    /// Within this time.
    pub window: Duration,
}

impl Limit {
    /// At most so many tries within a time.
    #[must_use]
    pub fn new(tries: u64, window: Duration) -> Self {
        Self { tries, window }
    }
}

impl Bucket {
    /// Returns whether tries are given back when they succeed.
    pub(super) fn is_given_back(self) -> bool {
        matches!(self, Self::LoginsToAccount)
    }

    /// Its name in keys and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LoginsFromAddress => "logins from an address",
            Self::LoginsToAccount => "logins to an account",
            Self::LoginsFromKnownBrowser => "logins from a known browser",
            Self::WrongClientSecrets => "wrong client secrets",
            Self::UserCodesFromAddress => "user codes from an address",
            Self::UserCodesFromNetwork => "user codes from a network",
            Self::UserCodesWithoutAddress => "user codes without an address",
            Self::KeptRequestsFromAddress => "kept requests from an address",
            Self::KeptRequestsFromNetwork => "kept requests from a network",
            Self::Registrations => "registrations",
            Self::RegistrationsFromNetwork => "registrations from a network",
            Self::RegistrationsWithoutAddress => "registrations without an address",
            Self::WrongRegistrationTokens => "wrong registration tokens",
            Self::DocumentsFromAddress => "documents for an address",
            Self::DocumentsFromNetwork => "documents for a network",
        }
    }

    /// The limit, unless `Limits::with` sets another.
    #[must_use]
    pub fn default_limit(self) -> Limit {
        match self {
            Self::LoginsFromAddress => Limit::new(60, Duration::from_secs(60)),
            Self::LoginsToAccount | Self::LoginsFromKnownBrowser => {
                Limit::new(20, Duration::from_secs(300))
            }
            // Programs that have not got a new secret yet go on with the old one for a while.
            Self::WrongClientSecrets | Self::WrongRegistrationTokens => {
                Limit::new(100, Duration::from_secs(60))
            }
            // A quarter of what is fetched from one host in a minute.
            Self::DocumentsFromAddress => Limit::new(30, Duration::from_secs(60)),
            Self::DocumentsFromNetwork => Limit::new(120, Duration::from_secs(60)),
            Self::KeptRequestsFromAddress => Limit::new(120, Duration::from_secs(60)),
            Self::KeptRequestsFromNetwork => Limit::new(600, Duration::from_secs(60)),
            Self::UserCodesFromAddress => Limit::new(20, Duration::from_secs(60)),
            Self::UserCodesFromNetwork => Limit::new(100, Duration::from_secs(60)),
            // Of 34 bits, 6,000 guesses within the lifetime of a code are one in four million.
            Self::UserCodesWithoutAddress => Limit::new(600, Duration::from_secs(60)),
            Self::Registrations => Limit::new(60, Duration::from_secs(3600)),
            Self::RegistrationsFromNetwork => Limit::new(300, Duration::from_secs(3600)),
            // Each is kept for a day: about 200 MB, if they come without a pause.
            Self::RegistrationsWithoutAddress => Limit::new(6000, Duration::from_secs(3600)),
        }
    }
}
