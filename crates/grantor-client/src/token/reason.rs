//! Reasons to renew a token.

/// The reason why a token is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RenewalReason {
    /// The one there is still good, and its end is near.
    RefreshAhead,
    /// There is none, or it has ended.
    Missing,
    /// An API or the user does not want the one of this generation.
    Rejected(u64),
}
