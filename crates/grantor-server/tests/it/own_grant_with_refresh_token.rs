//! A grant type of an application that issues refresh tokens: all of it in under 40 lines.

use std::sync::Arc;

use grantor_core::{BoxFuture, ErrorCode};
use grantor_server::{AccessTokens, EndReason, NewClient};
use grantor_store::MemoryStore;

use crate::support::{Fixture, RESOURCE, Tokens, Who};

mod badge {
    use super::BoxFuture;
    use grantor_server::{Error, GrantType, Granted, NewGrant, TokenCall, TokenContents};

    /// A token for whoever holds a badge to the reader.
    #[derive(Debug)]
    pub(super) struct Badge;

    impl GrantType for Badge {
        fn name(&self) -> &str {
            "urn:example:badge"
        }

        fn parameters(&self) -> &[&str] {
            &["badge"]
        }

        fn decide<'a>(&'a self, call: &'a TokenCall<'a>) -> BoxFuture<'a, Result<Granted, Error>> {
            Box::pin(async move {
                let subject = match call.required("badge")? {
                    "4711" => "visitor",
                    _ => return Err(Error::invalid_grant("the badge is unknown")),
                };
                let (scope, audience) = (call.scope(&call.client().scope)?, call.audience().await?);
                let grant = NewGrant::new(subject, scope.clone(), audience.clone());
                Ok(Granted::Open(
                    Box::new(grant),
                    TokenContents::new(scope, audience),
                ))
            })
        }
    }
}

const READER: Who = Who {
    id: "reader",
    secret: Some("the secret of reader"),
    redirect_uri: "",
};
const ASK: [(&str, &str); 2] = [("grant_type", "urn:example:badge"), ("badge", "4711")];

async fn fixture(kind: AccessTokens) -> Fixture {
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        builder
            .grant_type(badge::Badge)
            .configure(|config| config.access_tokens = kind)
    })
    .await;
    let new = NewClient::confidential(READER.id)
        .with_grant_types(["urn:example:badge", "refresh_token"])
        .with_scope("read write".parse().unwrap())
        .with_secret(READER.secret.unwrap());
    fixture.clients.add(new).await.unwrap();
    fixture
}

#[test]
fn it_is_under_40_lines() {
    let source = include_str!("own_grant_with_refresh_token.rs");
    let (_, rest) = source.split_once("mod badge {").unwrap();
    let (own, _) = rest.split_once("\n}\n").unwrap();
    let lines = own.lines().filter(|line| !line.trim().is_empty());
    assert!(lines.count() < 40);
}

#[tokio::test]
async fn its_refresh_token_is_as_good_as_any() {
    for kind in [
        AccessTokens::Opaque,
        AccessTokens::Jwt(grantor_jose::Algorithm::EdDsa),
    ] {
        let fixture = fixture(kind).await;
        let first = Tokens::of(&fixture.token(READER, &ASK).await);
        let second = Tokens::of(&fixture.refresh(READER, &first.refresh).await);
        let seen = fixture.introspect(READER, &second.access).await;
        assert_eq!(
            (&seen["sub"], &seen["aud"], &seen["scope"]),
            (&"visitor".into(), &RESOURCE.into(), &"read write".into())
        );
        // A refresh token may be given up, and then nothing of its grant is valid.
        fixture.revoke(READER, &second.refresh).await.assert_ok();
        for token in [&first.access, &second.access] {
            assert!(!fixture.is_active(token).await);
        }
        let (_, entry) = fixture.record(*b"gr").await;
        let stored = String::from_utf8_lossy(&entry.value).into_owned();
        assert!(stored.contains(EndReason::RevokedByClient.as_str()));
    }
}

#[tokio::test]
async fn a_refresh_is_held_to_what_was_granted() {
    let fixture = fixture(AccessTokens::Opaque).await;
    let ask = [ASK[0], ASK[1], ("scope", "read")];
    let tokens = Tokens::of(&fixture.token(READER, &ask).await);
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &*tokens.refresh),
        ("scope", "write"),
    ];
    let code = ErrorCode::InvalidScope;
    let reply = fixture.token(READER, &refresh).await;
    reply.assert_error(400, code.as_str());
}

#[tokio::test]
async fn a_store_that_fails_opens_no_grant_and_the_request_may_be_sent_again() {
    let fixture = fixture(AccessTokens::Opaque).await;
    let mut opened = 0;
    for call in 0..100 {
        fixture.clock.advance(1);
        fixture.store.set(crate::support::Fault::Call(call));
        let reply = fixture.token(READER, &ASK).await;
        let calls = fixture.store.calls();
        fixture.store.set(crate::support::Fault::None);
        // The entry in the list of the subject's grants is the one write that may fail.
        if reply.status == 200 {
            Tokens::of(&reply);
            opened += 1;
        } else {
            reply.assert_error(503, "temporarily_unavailable");
        }
        assert_eq!(fixture.records(*b"gr").await.len(), opened);
        if calls <= call {
            assert_eq!(opened, 2);
            return;
        }
    }
    panic!("every call failed");
}
