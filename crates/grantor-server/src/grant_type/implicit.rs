//! The implicit grant.

use grantor_core::{BoxFuture, ErrorCode};

use super::{GrantType, Granted, TokenCall};
use crate::error::Error;

/// A token from the authorization endpoint itself, in the fragment of the redirect (RFC 6749 section 4.2).
///
/// RFC 9700 section 2.1.2 advises against it: the token is in the history of the browser, and nothing
/// proves who reads it. Only a server with [`Profile::Legacy20`](crate::Profile::Legacy20) may have it.
/// There is no refresh token.
#[derive(Debug, Clone, Copy, Default)]
pub struct Implicit;

impl Implicit {
    /// The grant type in metadata and of clients. It is none of the token endpoint.
    pub const NAME: &'static str = "implicit";
}

impl GrantType for Implicit {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn parameters(&self) -> &[&str] {
        &[]
    }

    fn shows_pages(&self) -> bool {
        true
    }

    fn decide<'a>(&'a self, _: &'a TokenCall<'a>) -> BoxFuture<'a, Result<Granted, Error>> {
        let description = "the grant type is one of the authorization endpoint";
        let refused = Error::refused(ErrorCode::UnsupportedGrantType, description);
        Box::pin(std::future::ready(Err(refused)))
    }
}
