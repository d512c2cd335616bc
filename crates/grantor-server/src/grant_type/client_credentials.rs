//! The grant type `client_credentials`.

use grantor_core::{BoxFuture, ErrorCode};
use grantor_jose::check::holds;

use super::{GrantType, Granted, TokenCall};
use crate::error::Error;
use crate::token::TokenContents;

/// A token for the client itself (RFC 6749 section 4.4). Never a refresh token.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClientCredentials;

impl GrantType for ClientCredentials {
    fn name(&self) -> &'static str {
        "client_credentials"
    }

    fn parameters(&self) -> &[&str] {
        &[]
    }

    fn decide<'a>(&'a self, call: &'a TokenCall<'a>) -> BoxFuture<'a, Result<Granted, Error>> {
        Box::pin(async move {
            // RFC 6749 section 4.4: "MUST only be used by confidential clients". An application's own
            // table of clients is not checked when it is written.
            if !holds(
                "client_credentials.confidential",
                !call.client().is_public(),
            ) {
                let description = "a public client can't use the grant type: it has no credentials";
                return Err(Error::refused(ErrorCode::UnauthorizedClient, description));
            }
            let scope = call.requested_scope()?;
            let audience = call.audience().await?;
            Ok(Granted::Issue(TokenContents::new(scope, audience)))
        })
    }
}
