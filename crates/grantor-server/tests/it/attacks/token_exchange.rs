//! Token exchange (RFC 8693 section 5).

use grantor_core::token_type;
use grantor_jose::Algorithm;
use grantor_server::AccessTokens;
use grantor_server::grant_type::{ExchangeDecision, ExchangeRequest, TokenExchange};

use crate::support::dpop::Prover;
use crate::support::{APP, BACKEND, FILES, Fixture, GATEWAY, MACHINE, Who};

const KINDS: [AccessTokens; 2] = [AccessTokens::Opaque, AccessTokens::Jwt(Algorithm::Es256)];

fn all(request: &ExchangeRequest<'_>) -> ExchangeDecision {
    ExchangeDecision::Allow(request.requested())
}

/// RFC 8693 section 5: without a policy that says yes, nothing is exchanged.
#[tokio::test]
async fn a_policy_that_refuses_is_the_default() {
    let (fixture, puppet) =
        Fixture::with_exchange(AccessTokens::Opaque, |_| ExchangeDecision::Refuse).await;
    let user = fixture.tokens(APP).await.access;
    let reply = fixture.exchange(GATEWAY, &user, &[]).await;
    reply.assert_error(400, "invalid_request");
    assert_eq!(puppet.asked(), 1);
    // A server without the grant type has no policy at all, and a client needs the grant type too.
    fixture
        .exchange(APP, &user, &[])
        .await
        .assert_error(400, "unauthorized_client");
    let without = Fixture::new().await;
    without
        .exchange(APP, &user, &[])
        .await
        .assert_error(400, "unsupported_grant_type");
}

/// An invalid subject token never reaches the policy: expired, revoked, of another server, of another
/// kind.
#[tokio::test]
async fn an_invalid_token_is_exchanged_for_nothing() {
    for kind in KINDS {
        let (fixture, puppet) = Fixture::with_exchange(kind, all).await;
        let (other, _) = Fixture::with_exchange(kind, all).await;
        let tokens = fixture.tokens(APP).await;
        let foreign = other.tokens(APP).await.access;
        let code = fixture.code(APP).await.code;
        let mut changed = tokens.access.clone();
        changed.replace_range(changed.len() - 3.., "AAA");
        for wrong in ["x", "ga_", &foreign, &tokens.refresh, &code, &changed] {
            let reply = fixture.exchange(GATEWAY, wrong, &[]).await;
            reply.assert_error(400, "invalid_request");
            let actor = [
                ("actor_token", wrong),
                ("actor_token_type", token_type::ACCESS_TOKEN),
            ];
            let reply = fixture.exchange(GATEWAY, &tokens.access, &actor).await;
            reply.assert_error(400, "invalid_request");
        }
        let kinds = [
            token_type::ID_TOKEN,
            token_type::REFRESH_TOKEN,
            token_type::SAML2,
            "x",
        ];
        for wrong in kinds {
            let more = [
                ("actor_token", tokens.access.as_str()),
                ("actor_token_type", wrong),
            ];
            let reply = fixture.exchange(GATEWAY, &tokens.access, &more).await;
            reply.assert_error(400, "invalid_request");
        }
        // RFC 8693 section 2.1: an actor token and its type come together.
        for more in [
            ("actor_token", "x"),
            ("actor_token_type", token_type::ACCESS_TOKEN),
        ] {
            let reply = fixture.exchange(GATEWAY, &tokens.access, &[more]).await;
            reply.assert_error(400, "invalid_request");
        }
        assert_eq!(puppet.asked(), 0);
        fixture.revoke(APP, &tokens.access).await.assert_ok();
        let reply = fixture.exchange(GATEWAY, &tokens.access, &[]).await;
        reply.assert_error(400, "invalid_request");
        let fresh = fixture.tokens(APP).await.access;
        fixture.clock.advance(300);
        fixture
            .exchange(GATEWAY, &fresh, &[])
            .await
            .assert_error(400, "invalid_request");
        assert_eq!(puppet.asked(), 0);
    }
}

/// The scope does not grow, neither by the request nor by a careless policy.
#[tokio::test]
async fn the_scope_does_not_grow() {
    let wider: fn(&ExchangeRequest<'_>) -> ExchangeDecision = |request| {
        let scope = "read write".parse().unwrap();
        ExchangeDecision::Allow(request.requested().with_scope(scope))
    };
    for decide in [all as fn(&ExchangeRequest<'_>) -> ExchangeDecision, wider] {
        let (fixture, _) = Fixture::with_exchange(AccessTokens::Opaque, decide).await;
        let user = fixture.tokens(APP).await.access;
        let ask = [("scope", "read write")];
        fixture
            .exchange(GATEWAY, &user, &ask)
            .await
            .assert_error(400, "invalid_scope");
        let ask = [("scope", "admin")];
        fixture
            .exchange(GATEWAY, &user, &ask)
            .await
            .assert_error(400, "invalid_scope");
    }
}

/// Only a policy that says so by its dangerous name gives more, and never more than the client may have.
#[tokio::test]
async fn only_a_danger_widens_the_scope() {
    let (fixture, _) = Fixture::with_exchange(AccessTokens::Opaque, |request| {
        let scope = request
            .scope
            .cloned()
            .unwrap_or_else(|| "admin".parse().unwrap());
        ExchangeDecision::Allow(request.requested().danger_with_wider_scope(scope))
    })
    .await;
    let user = fixture.tokens(APP).await.access;
    let reply = fixture
        .exchange(GATEWAY, &user, &[("scope", "write")])
        .await;
    assert_eq!(reply.assert_ok().member("scope"), "write");
    fixture
        .exchange(GATEWAY, &user, &[])
        .await
        .assert_error(400, "invalid_scope");
}

/// RFC 8693 section 2.1: a token for an unknown resource, or one that is not the client's, is not issued.
#[tokio::test]
async fn the_audience_is_one_that_the_client_may_name() {
    let (fixture, puppet) = Fixture::with_exchange(AccessTokens::Opaque, all).await;
    let only = |client: &mut grantor_server::Client| {
        client.resources = Some(vec![crate::support::RESOURCE.to_owned()]);
    };
    fixture.clients.update(GATEWAY.id, only).await.unwrap();
    fixture.clock.advance(2);
    let user = fixture.tokens(APP).await.access;
    for named in ["https://unknown.example", FILES] {
        for parameter in ["resource", "audience"] {
            let reply = fixture
                .exchange(GATEWAY, &user, &[(parameter, named)])
                .await;
            reply.assert_error(400, "invalid_target");
        }
    }
    assert_eq!(puppet.asked(), 0);
}

/// A policy that answers with another audience than was asked for is a fault, and issues nothing.
#[tokio::test]
async fn a_policy_can_not_allow_what_was_not_requested() {
    let (fixture, _) = Fixture::with_exchange(AccessTokens::Opaque, |request| {
        let mut exchange = request.requested();
        exchange.audience = vec![FILES.to_owned()];
        ExchangeDecision::Allow(exchange)
    })
    .await;
    let user = fixture.tokens(APP).await.access;
    fixture
        .exchange(GATEWAY, &user, &[])
        .await
        .assert_error(500, "server_error");
}

/// RFC 8693 section 4.4: `may_act` names who may act; nobody else does, with or without an actor token.
#[tokio::test]
async fn may_act_is_honoured() {
    for (may_act, fine) in [
        (r#"{"sub":"gateway"}"#, true),
        (
            r#"{"client_id":"gateway","iss":"https://id.example"}"#,
            true,
        ),
        (r#"{"sub":"backend"}"#, false),
        (r#"{"sub":"gateway","iss":"https://other.example"}"#, false),
        (r#"{"sub":"gateway","department":"it"}"#, false),
        (r#"{}"#, false),
        (r#""gateway""#, false),
    ] {
        for kind in KINDS {
            // The first exchange gives a token with the claim, whose scope holds it as a text.
            let (fixture, _) = Fixture::with_exchange(kind, |request| {
                let exchange = request.requested();
                let Some(named) = request.requested_token_type else {
                    return ExchangeDecision::Allow(exchange);
                };
                assert_eq!(named, token_type::ACCESS_TOKEN);
                let text = request.subject.claims.get("note").cloned();
                let text = text.unwrap_or_default();
                let claim: serde_json::Value =
                    serde_json::from_str(text.as_str().unwrap_or("null")).unwrap();
                ExchangeDecision::Allow(exchange.with_claim("may_act", claim))
            })
            .await;
            let user = with_note(&fixture, may_act).await;
            let ask = [("requested_token_type", token_type::ACCESS_TOKEN)];
            let marked = fixture
                .exchange(GATEWAY, &user, &ask)
                .await
                .member("access_token");
            let actor = fixture.own_token(GATEWAY).await;
            let with = [
                ("actor_token", actor.as_str()),
                ("actor_token_type", token_type::ACCESS_TOKEN),
            ];
            for more in [&[][..], &with] {
                let reply = fixture.exchange(GATEWAY, &marked, more).await;
                if fine {
                    reply.assert_ok();
                } else {
                    reply.assert_error(400, "invalid_request");
                }
            }
            // The actor's token counts, not who presents it.
            let reply = fixture.exchange(BACKEND, &marked, &with).await;
            assert_eq!(
                reply.status == 200,
                fine && !may_act.contains("client_id\":\"backend")
            );
        }
    }
}

/// A token of alice with the claim `note`.
async fn with_note(fixture: &Fixture, note: &str) -> String {
    let tokens = fixture.tokens(APP).await;
    let (key, entry) = fixture.record(*b"gr").await;
    let mut grant: serde_json::Value = serde_json::from_slice(&entry.value[1..]).unwrap();
    grant["claims"] = serde_json::json!({ "note": note });
    let mut value = vec![entry.value[0]];
    value.extend(serde_json::to_vec(&grant).unwrap());
    let changed = grantor_store::Entry {
        value: value.into(),
        ..entry
    };
    fixture.put_back(key, &changed).await;
    fixture
        .refresh(APP, &tokens.refresh)
        .await
        .member("access_token")
}

/// An attacker makes tokens that name ever more actors, or tokens of tokens of tokens.
#[tokio::test]
async fn the_depth_of_actors_and_of_exchanges_is_bounded() {
    for kind in KINDS {
        for acting in [true, false] {
            let (fixture, _) = if acting {
                Fixture::with_exchange(kind, |request| {
                    ExchangeDecision::Allow(request.requested().acting_as_client())
                })
                .await
            } else {
                Fixture::with_exchange(kind, all).await
            };
            let mut token = fixture.tokens(APP).await.access;
            for _ in 0..4 {
                token = fixture
                    .exchange(GATEWAY, &token, &[])
                    .await
                    .member("access_token");
            }
            assert!(fixture.is_active(&token).await);
            let reply = fixture.exchange(GATEWAY, &token, &[]).await;
            reply.assert_error(400, "invalid_request");
        }
    }
}

/// A token lives no longer than those it was issued for.
#[tokio::test]
async fn the_lifetime_does_not_grow() {
    for kind in KINDS {
        let (fixture, _) = Fixture::with_exchange(kind, |request| {
            let long = std::time::Duration::from_secs(86_400);
            ExchangeDecision::Allow(request.requested().with_lifetime(long))
        })
        .await;
        let (user, machine) = (
            fixture.tokens(APP).await.access,
            fixture.own_token(MACHINE).await,
        );
        fixture.clock.advance(200);
        let first = fixture.exchange(GATEWAY, &user, &[]).await;
        assert_eq!(first.json()["expires_in"], 100);
        fixture.clock.advance(50);
        let young = fixture.tokens(APP).await.access;
        let actor = [
            ("actor_token", machine.as_str()),
            ("actor_token_type", token_type::ACCESS_TOKEN),
        ];
        let bounded = fixture.exchange(GATEWAY, &young, &actor).await;
        assert_eq!(bounded.json()["expires_in"], 50);
        let token = first.member("access_token");
        let second = fixture.exchange(BACKEND, &token, &[]).await;
        assert_eq!(second.json()["expires_in"], 50);
        fixture.clock.advance(50);
        assert!(!fixture.is_active(&second.member("access_token")).await);
    }
}

/// A public client can be anybody, so the policy is told which client asks, and a guess of a secret gets
/// no further than elsewhere.
#[tokio::test]
async fn the_client_authenticates() {
    let (fixture, puppet) = Fixture::with_exchange(AccessTokens::Opaque, all).await;
    let user = fixture.tokens(APP).await.access;
    let guess = Who {
        secret: Some("a guess"),
        ..GATEWAY
    };
    fixture
        .exchange(guess, &user, &[])
        .await
        .assert_error(401, "invalid_client");
    assert_eq!(puppet.asked(), 0);
}

/// RFC 9449 section 5: whoever steals a token that is bound to a key can't exchange it for one that is not.
#[tokio::test]
async fn a_bound_token_is_exchanged_only_with_its_proof() {
    for kind in KINDS {
        let (fixture, _) = Fixture::with_exchange(kind, all).await;
        let (prover, thief) = (Prover::new(), Prover::new());
        let code = fixture.code(APP).await;
        let bound = prover.post(&fixture, "/token", APP, &code.pairs()).await;
        let bound = bound.assert_ok().member("access_token");
        let ask = [
            ("grant_type", TokenExchange::NAME),
            ("subject_token", bound.as_str()),
            ("subject_token_type", token_type::ACCESS_TOKEN),
        ];
        let unproved = fixture.token(GATEWAY, &ask).await;
        unproved.assert_error(400, "invalid_request");
        let stolen = thief.post(&fixture, "/token", GATEWAY, &ask).await;
        stolen.assert_error(400, "invalid_request");
        let proved = prover.post(&fixture, "/token", GATEWAY, &ask).await;
        assert_eq!(proved.assert_ok().member("token_type"), "DPoP");
    }
}
