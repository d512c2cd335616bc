//! To which addresses connections are made.

/// The addresses that a transport connects to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Addresses {
    /// Any, those of this machine and of its networks among them.
    #[default]
    Any,
    /// Only those that [`is_public_address`](crate::is_public_address) lets through.
    Public,
}
