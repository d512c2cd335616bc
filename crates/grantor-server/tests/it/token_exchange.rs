//! Token exchange (RFC 8693).

use grantor_core::token_type;
use grantor_jose::Algorithm;
use grantor_server::grant_type::{ExchangeDecision, ExchangeRequest};
use grantor_server::{AccessTokens, Target};
use serde_json::json;

use crate::support::{APP, BACKEND, FILES, Fixture, GATEWAY, MACHINE, RESOURCE};

const KINDS: [AccessTokens; 2] = [AccessTokens::Opaque, AccessTokens::Jwt(Algorithm::Es256)];

fn all(request: &ExchangeRequest<'_>) -> ExchangeDecision {
    ExchangeDecision::Allow(request.requested())
}

#[tokio::test]
async fn a_service_gets_a_token_of_the_user_for_another_resource() {
    for kind in KINDS {
        let (fixture, _) = Fixture::with_exchange(kind, all).await;
        let user = fixture.tokens(APP).await.access;
        let before = fixture.server.introspect(&user).await.unwrap();
        fixture.clock.advance(100);
        let reply = fixture
            .exchange(GATEWAY, &user, &[("resource", FILES)])
            .await;
        let json = reply.assert_ok().json();
        assert_eq!(json["issued_token_type"], token_type::ACCESS_TOKEN);
        assert_eq!(
            (&json["token_type"], &json["scope"]),
            (&json!("Bearer"), &json!("read"))
        );
        assert_eq!(json["expires_in"], 200);
        assert_eq!(json.get("refresh_token"), None);
        let token = reply.member("access_token");
        let seen = fixture.server.introspect(&token).await.unwrap();
        assert_eq!(seen.sub, before.sub);
        assert_eq!(seen.client_id.as_deref(), Some(GATEWAY.id));
        assert_eq!((seen.exp, seen.aud), (before.exp, vec![FILES.to_owned()]));
        assert!(seen.extra.is_empty(), "{:?}", seen.extra);
    }
}

#[tokio::test]
async fn an_actor_is_named_and_actors_before_it_too() {
    for kind in KINDS {
        let (fixture, _) = Fixture::with_exchange(kind, all).await;
        let user = fixture.tokens(APP).await.access;
        let actor = fixture.own_token(GATEWAY).await;
        let with = [
            ("actor_token", actor.as_str()),
            ("actor_token_type", token_type::ACCESS_TOKEN),
        ];
        let first = fixture
            .exchange(GATEWAY, &user, &with)
            .await
            .member("access_token");
        let seen = fixture.server.introspect(&first).await.unwrap();
        assert_eq!(seen.extra["act"], json!({ "sub": "gateway" }));
        let actor = fixture.own_token(BACKEND).await;
        let with = [
            ("actor_token", actor.as_str()),
            ("actor_token_type", token_type::ACCESS_TOKEN),
        ];
        let second = fixture
            .exchange(BACKEND, &first, &with)
            .await
            .member("access_token");
        let seen = fixture.server.introspect(&second).await.unwrap();
        assert_eq!(
            seen.extra["act"],
            json!({ "sub": "backend", "act": { "sub": "gateway" } })
        );
        // RFC 8693 section 4.1: without a new actor those before it stay.
        let third = fixture
            .exchange(GATEWAY, &second, &[])
            .await
            .member("access_token");
        let again = fixture.server.introspect(&third).await.unwrap();
        assert_eq!(again.extra["act"], seen.extra["act"]);
    }
}

#[tokio::test]
async fn a_policy_narrows_and_adds() {
    let decide = |request: &ExchangeRequest<'_>| {
        assert_eq!(request.client.id, "gateway");
        assert_eq!(request.subject.client_id, "app");
        assert!(request.subject.subject.is_some() && request.actor.is_none());
        let narrowed = request.requested();
        ExchangeDecision::Allow(
            narrowed
                .with_lifetime(std::time::Duration::from_secs(10))
                .with_claim("tenant", "blue")
                .acting_as_client(),
        )
    };
    for kind in KINDS {
        let (fixture, _) = Fixture::with_exchange(kind, decide).await;
        let user = fixture.tokens(APP).await.access;
        let reply = fixture.exchange(GATEWAY, &user, &[]).await;
        assert_eq!(reply.assert_ok().json()["expires_in"], 10);
        let seen = fixture
            .server
            .introspect(&reply.member("access_token"))
            .await
            .unwrap();
        assert_eq!(seen.extra["tenant"], "blue");
        assert_eq!(seen.extra["act"], json!({ "sub": "gateway" }));
        assert_eq!(seen.aud, [RESOURCE]);
    }
}

#[tokio::test]
async fn the_type_of_token_is_one_that_the_server_issues() {
    for kind in KINDS {
        let (fixture, _) = Fixture::with_exchange(kind, all).await;
        let user = fixture.tokens(APP).await.access;
        let is_jwt = kind != AccessTokens::Opaque;
        for (requested, fine) in [
            (token_type::ACCESS_TOKEN, true),
            (token_type::JWT, is_jwt),
            (token_type::REFRESH_TOKEN, false),
            (token_type::ID_TOKEN, false),
            ("urn:example:other", false),
        ] {
            let more = [("requested_token_type", requested)];
            let reply = fixture.exchange(GATEWAY, &user, &more).await;
            if fine {
                assert_eq!(reply.assert_ok().member("issued_token_type"), requested);
            } else {
                reply.assert_error(400, "invalid_request");
            }
        }
    }
}

#[tokio::test]
async fn a_token_of_a_client_itself_is_exchanged_as_that_client_s() {
    let decide = |request: &ExchangeRequest<'_>| {
        assert_eq!(request.subject.subject, None);
        assert_eq!(request.subject.sub(), "machine");
        all(request)
    };
    for kind in KINDS {
        let (fixture, puppet) = Fixture::with_exchange(kind, decide).await;
        let own = fixture.own_token(MACHINE).await;
        let first = fixture
            .exchange(GATEWAY, &own, &[])
            .await
            .member("access_token");
        let second = fixture
            .exchange(BACKEND, &first, &[])
            .await
            .member("access_token");
        assert_eq!(puppet.asked(), 2);
        let seen = fixture.server.introspect(&second).await.unwrap();
        assert_eq!(seen.sub.as_deref(), Some("machine"));
    }
}

#[tokio::test]
async fn an_exchanged_token_ends_with_the_one_before_it() {
    #[derive(Debug, Clone, Copy)]
    enum End {
        Token,
        Grant,
        User,
        FirstClient,
        Middle,
        MiddleClient,
        LastClient,
    }
    for kind in KINDS {
        for end in [
            End::Token,
            End::Grant,
            End::User,
            End::FirstClient,
            End::Middle,
            End::MiddleClient,
            End::LastClient,
        ] {
            let (fixture, _) = Fixture::with_exchange(kind, all).await;
            let tokens = fixture.tokens(APP).await;
            let middle = fixture.exchange(GATEWAY, &tokens.access, &[]).await;
            let middle = middle.member("access_token");
            let last = fixture
                .exchange(BACKEND, &middle, &[])
                .await
                .member("access_token");
            assert!(fixture.is_active(&last).await);
            match end {
                End::Token => drop(fixture.revoke(APP, &tokens.access).await),
                End::Grant => drop(fixture.revoke(APP, &tokens.refresh).await),
                End::User => {
                    let seen = fixture.server.introspect(&last).await.unwrap();
                    let target = Target::Subject(seen.sub.unwrap());
                    fixture.server.revoke(&target).await.unwrap();
                }
                End::FirstClient => drop(fixture.clients.remove(APP.id).await.unwrap()),
                End::Middle => drop(fixture.revoke(GATEWAY, &middle).await),
                End::MiddleClient => drop(fixture.clients.remove(GATEWAY.id).await.unwrap()),
                End::LastClient => drop(fixture.clients.remove(BACKEND.id).await.unwrap()),
            }
            // What other processes read is cached for a second.
            fixture.clock.advance(2);
            assert!(!fixture.is_active(&last).await, "{end:?}");
        }
    }
}
