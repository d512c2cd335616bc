//! The request that a proof is for.

use std::fmt;

/// The request that a proof is for.
#[derive(Clone)]
pub struct Request<'a> {
    pub(super) method: &'a str,
    pub(super) uri: &'a str,
    pub(super) access_token: Option<&'a str>,
    pub(super) nonce: Option<&'a str>,
    pub(super) bound_to: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// A request without a token. Query and fragment of `uri` don't count.
    #[must_use]
    pub const fn new(method: &'a str, uri: &'a str) -> Self {
        Self {
            method,
            uri,
            access_token: None,
            nonce: None,
            bound_to: None,
        }
    }

    /// A request with an access token, whose hash must be in the proof. Say also what it is
    /// [bound to](Self::bound_to).
    #[must_use]
    pub const fn with_access_token(self, access_token: &'a str) -> Self {
        Self {
            access_token: Some(access_token),
            ..self
        }
    }

    /// The nonce that the server wants to see.
    #[must_use]
    pub const fn with_nonce(self, nonce: &'a str) -> Self {
        Self {
            nonce: Some(nonce),
            ..self
        }
    }

    /// The thumbprint of the key that the token is bound to, its `cnf.jkt` (RFC 9449 section 6.1);
    /// or the `dpop_jkt` of a code (section 10). It plays no part in signing.
    #[must_use]
    pub const fn bound_to(self, thumbprint: &'a str) -> Self {
        Self {
            bound_to: Some(thumbprint),
            ..self
        }
    }
}

impl fmt::Debug for Request<'_> {
    /// Leaves out the token and the nonce.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("bound_to", &self.bound_to)
            .finish_non_exhaustive()
    }
}
