//! Revoking a token (RFC 7009).

use crate::token_with_hint::token_with_hint;

token_with_hint! {
    /// Asks a revocation endpoint to revoke a token (RFC 7009 section 2.1).
    RevocationRequest
}
