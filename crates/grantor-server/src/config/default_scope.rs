//! The scope of a request that names none.

use grantor_core::Scope;

/// The scope of a request that names none (RFC 6749 section 3.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DefaultScope {
    /// All that the client may request by the grant type.
    #[default]
    All,
    /// These values, as far as the client may request them. If it may request none of them, its request
    /// has to name some.
    Values(Scope),
    /// The request is refused with `invalid_scope`, if there is a value that it could have named.
    Required,
}
