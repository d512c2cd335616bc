//! The server as the one that a resource in this process asks about tokens.

use grantor_core::{BoxFuture, Introspect, IntrospectError, Introspection};

use super::Server;

impl Introspect for Server {
    fn introspect<'a>(
        &'a self,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Introspection, IntrospectError>> {
        Box::pin(async move {
            // The method of its own, not this one.
            Self::introspect(self, token).await.map_err(|error| {
                IntrospectError::new("the authorization server can't answer now").with_source(error)
            })
        })
    }
}
