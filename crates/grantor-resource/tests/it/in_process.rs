//! Introspection by a server in the same process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use grantor_core::{BoxFuture, Introspection};
use grantor_resource::{Introspect, IntrospectError, Verifier, VerifyError};

use crate::support::*;

/// Knows the token `good`, as long as it is not revoked.
#[derive(Debug, Default)]
struct Server {
    revoked: AtomicBool,
}

impl Introspect for Server {
    fn introspect<'a>(
        &'a self,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Introspection, IntrospectError>> {
        Box::pin(async move {
            match token {
                "good" if !self.revoked.load(Ordering::SeqCst) => Ok(Introspection {
                    active: true,
                    sub: Some("user-1".into()),
                    exp: Some(START + 300),
                    ..Introspection::default()
                }),
                "broken" => Err(IntrospectError::new("the store is down")),
                _ => Ok(Introspection::inactive()),
            }
        })
    }
}

#[tokio::test]
async fn a_server_in_this_process_needs_no_network_and_no_cache() {
    let server = Arc::new(Server::default());
    let verifier = Verifier::in_process(server.clone())
        .clock(World::new().clock)
        .build()
        .unwrap();
    let token = verifier.verify("good").await.unwrap();
    assert_eq!(token.subject.as_deref(), Some("user-1"));
    assert!(verifier.verify("broken").await.unwrap_err().is_undecided());
    server.revoked.store(true, Ordering::SeqCst);
    let verified = verifier.verify("good").await;
    assert!(matches!(verified, Err(VerifyError::Inactive)));
}

#[tokio::test]
async fn jwts_beside_it_are_checked_with_keys() {
    let world = World::new();
    let verifier = Verifier::jwt(ISSUER, JWKS, AUDIENCE)
        .or_in_process(Arc::new(Server::default()))
        .transport(world.network.clone())
        .clock(world.clock.clone())
        .build()
        .unwrap();
    verifier.verify(&world.token()).await.unwrap();
    let other = verifier.verify("good").await;
    assert!(matches!(other, Err(VerifyError::WrongAudience)));
}
