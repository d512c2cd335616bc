use grantor_core::{BoxFuture, ErrorCode};

use crate::{Error, Grant, Issue, TokenContext};

/// A token for the client itself (RFC 6749 section 4.4). Never a refresh token.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClientCredentials;

impl Grant for ClientCredentials {
    fn grant_type(&self) -> &'static str {
        "client_credentials"
    }

    fn parameters(&self) -> &[&str] {
        &[]
    }

    fn handle<'a>(&'a self, context: &'a TokenContext<'a>) -> BoxFuture<'a, Result<Issue, Error>> {
        Box::pin(async move {
            // RFC 6749 section 4.4: "MUST only be used by confidential clients". An application's own
            // table of clients is not checked when it is written.
            if context.client.public {
                let description = "a public client can't use the grant type: it has no credentials";
                return Err(Error::refused(ErrorCode::UnauthorizedClient, description));
            }
            let scope = context.scope(&context.client.scope)?;
            let audience = context.audience().await?;
            Ok(Issue::new(scope, audience))
        })
    }
}
