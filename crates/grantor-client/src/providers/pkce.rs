/// Whether a server takes PKCE (RFC 7636), as far as that is known without its metadata.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pkce {
    /// Only its metadata can say. Where that is silent, a sign-in needs
    /// [`danger_unadvertised_s256`](crate::CodeFlow::danger_unadvertised_s256).
    #[default]
    Unknown,
    /// Its documentation says that it takes the method S256.
    S256,
    /// Its documentation lists the parameters of both requests, and those of PKCE are not among
    /// them. The parameters are sent all the same, and the client needs a secret, without which a
    /// stolen code would be usable.
    Undocumented,
}
