use grantor_core::BoxFuture;

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
            let scope = context.scope(&context.client.scope)?;
            let audience = context.audience(&[]).await?;
            Ok(Issue::new(scope, audience))
        })
    }
}
