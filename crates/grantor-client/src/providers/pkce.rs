//! PKCE at a provider, as far as it is known.

/// Says whether a server takes PKCE (RFC 7636), as far as that is known without its metadata.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pkce {
    /// Only its metadata can say. Where that is silent, a sign-in needs
    /// [`danger_unadvertised_s256`](crate::CodeFlow::danger_unadvertised_s256).
    #[default]
    Unknown,
    /// Its documentation says that it takes the method S256.
    S256,
    /// Nothing that is known of it says so. The parameters of PKCE are sent all the same, since a
    /// server ignores those that it does not know (RFC 6749 section 3.1). The client needs a secret,
    /// as such providers document it: without one, a stolen code would be usable.
    Undocumented,
}
