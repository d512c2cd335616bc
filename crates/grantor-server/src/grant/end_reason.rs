//! The reasons for which a grant ends.

/// The reason why a grant has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndReason {
    /// Its code was presented again after it had been redeemed.
    CodeReplayed,
    /// Its code was redeemed twice at once, without PKCE to show that one client did both.
    CodeRedeemedTwice,
    /// A refresh token was presented that had been replaced long before.
    RefreshTokenReused,
    /// Two refresh tokens of one generation exist: the store has two histories.
    ForkedHistory,
    /// Its client revoked it.
    RevokedByClient,
    /// The application revoked it.
    RevokedByServer,
    /// The user said no; it never had a token.
    Denied,
}

impl EndReason {
    /// Its name in records, events and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CodeReplayed => "code replayed",
            Self::CodeRedeemedTwice => "code redeemed twice at once",
            Self::RefreshTokenReused => "refresh token reused",
            Self::ForkedHistory => "refresh token of a forked history",
            Self::RevokedByClient => "revoked by the client",
            Self::RevokedByServer => "ended by the server",
            Self::Denied => "denied by the user",
        }
    }
}
