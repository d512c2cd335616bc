//! The events of a server.

use tracing::level_filters::LevelFilter;

use crate::identifier::Identifier;

mod bounded;
mod counters;
mod events;

pub use counters::CountersSnapshot;
pub(crate) use events::{Events, Listener};

/// Something that happened, reported once and before the answer is sent. It never holds a secret,
/// nor a whole URL. Its texts have at most 512 bytes, and characters that nobody sees are escaped
/// in them.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Event<'a> {
    /// The kind of event.
    pub kind: EventKind,
    /// The endpoint, by its name.
    pub endpoint: Option<&'a str>,
    /// The client; before it has authenticated, the registered client that it claims to be. An
    /// identifier that belongs to no client is left out: it may be a secret in the wrong place.
    pub client_id: Option<&'a str>,
    /// The user.
    pub subject: Option<&'a str>,
    /// The grant.
    pub grant: Option<Identifier>,
    /// Why.
    pub reason: Option<&'a str>,
}

impl Event<'_> {
    pub(crate) fn new(kind: EventKind) -> Self {
        Self {
            kind,
            endpoint: None,
            client_id: None,
            subject: None,
            grant: None,
            reason: None,
        }
    }
}

/// How much an event matters, which is the level it is logged at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// Every request has one.
    Trace,
    /// Normal work.
    Debug,
    /// A decision, or a refusal.
    Info,
    /// An attack, or a fault of a client that looks like one.
    Warning,
    /// A fault of the server.
    Error,
}

impl Severity {
    fn level(self) -> LevelFilter {
        match self {
            Self::Trace => LevelFilter::TRACE,
            Self::Debug => LevelFilter::DEBUG,
            Self::Info => LevelFilter::INFO,
            Self::Warning => LevelFilter::WARN,
            Self::Error => LevelFilter::ERROR,
        }
    }
}

macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $severity:ident;)*) => {
        /// The kinds of events. Their names are stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EventKind {
            $($(#[$doc])* $variant,)*
        }

        impl EventKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in logs.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// How much it matters.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$variant => Severity::$severity,)*
                }
            }
        }
    };
}

events! {
    /// An endpoint was called.
    RequestReceived = "request received", Trace;
    /// A request was refused.
    RequestRefused = "request refused", Info;
    /// The server could not answer.
    RequestFailed = "request failed", Error;
    /// A client pushed an authorization request.
    RequestPushed = "authorization request pushed", Debug;
    /// A client got a code.
    CodeIssued = "code issued", Debug;
    /// A device got a code for its user.
    DeviceCodeIssued = "device code issued", Debug;
    /// A user allowed a device.
    DeviceAllowed = "device allowed", Info;
    /// A user typed in a code that no waiting device has, or too many codes.
    UserCodeRefused = "user code refused", Info;
    /// A user said no.
    AuthorizationDenied = "authorization denied", Info;
    /// A client got an access token.
    AccessTokenIssued = "access token issued", Debug;
    /// A client got an access token that it was given before, since they are unique.
    AccessTokenRepeated = "access token handed out again", Debug;
    /// A refresh token was replaced.
    RefreshTokenRotated = "refresh token rotated", Debug;
    /// A refresh token was presented again within the grace period.
    RefreshTokenRepeated = "refresh token presented again within grace", Warning;
    /// A code or refresh token was presented by two requests at once, and this one lost. It is a
    /// client's double send, or a thief beside it; the grant stays valid.
    UsedAtOnce = "code or refresh token used by two requests at once", Warning;
    /// A refresh token is newer than its record: the store lost writes.
    StoreRolledBack = "refresh token from the future: the store lost writes", Warning;
    /// A grant ended.
    GrantEnded = "grant ended", Info;
    /// A code or refresh token was used again; its grant ended.
    TokenReplayed = "token replayed", Warning;
    /// An assertion was presented that had given a token before.
    AssertionRepeated = "assertion presented again", Warning;
    /// A client asked about a valid token of another client that is not meant for it; the answer says
    /// no more than that it is not active.
    IntrospectionDenied = "introspection denied", Info;
    /// A client revoked an access token.
    AccessTokenRevoked = "access token revoked", Info;
    /// A form came back that no step of the site looked at.
    FormIgnored = "form ignored by the site", Warning;
    /// A client registered itself.
    ClientRegistered = "client registered", Info;
    /// A client changed its registration.
    RegistrationChanged = "registration changed", Info;
    /// A client removed its registration, and with it its tokens.
    RegistrationRemoved = "registration removed", Info;
    /// The pairs of a consent could not be remembered, so the user is asked again next time.
    ConsentNotRemembered = "consent not remembered", Warning;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for (i, kind) in EventKind::ALL.iter().enumerate() {
            assert!(EventKind::ALL[..i].iter().all(|k| k.name() != kind.name()));
        }
    }
}
