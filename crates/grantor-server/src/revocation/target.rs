//! The targets of a revocation.

/// Something whose end revokes every token issued under it. It is one write; no token has to be
/// looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// One authorization, by its identifier.
    Grant(String),
    /// A session of the site.
    Session(String),
    /// Everything that a subject has allowed a client.
    Consent {
        /// The user.
        subject: String,
        /// The client.
        client_id: String,
    },
    /// A user.
    Subject(String),
}
