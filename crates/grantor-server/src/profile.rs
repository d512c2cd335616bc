//! Named sets of policies. Every check reads a `Policy`.

/// A named set of policies: the floor for every client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Profile {
    /// The draft of OAuth 2.1: PKCE with S256 for every client.
    #[default]
    OAuth21,
    /// OAuth 2.0 as RFC 6749 has it, for applications that can't be changed at once: PKCE is optional, and
    /// a server may have the grant types [`Password`](crate::grant_type::Password) and
    /// [`Implicit`](crate::grant_type::Implicit), which RFC 9700 section 2 forbids or advises against.
    Legacy20,
    /// The authorization of the Model Context Protocol, revision 2026-07-28: OAuth 2.1, a resource in
    /// every request (RFC 8707), and clients that are the URL of their metadata document.
    Mcp,
}
