//! The request to an introspection endpoint (RFC 7662 section 2.1).

use crate::token_with_hint::token_with_hint;

token_with_hint! {
    /// Asks an introspection endpoint about a token (RFC 7662 section 2.1).
    IntrospectionRequest
}
