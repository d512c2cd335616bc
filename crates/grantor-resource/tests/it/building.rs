//! A verifier's configuration: everything that is wrong with it is reported at once.

use std::sync::Arc;

use grantor_core::{BoxFuture, ClientAuthentication, Introspection};
use grantor_resource::{Introspect, IntrospectError, Verifier, VerifierBuilder, protect};
use serde_json::json;

use crate::support::*;

fn check(builder: VerifierBuilder, expected: &[&str]) {
    let error = builder.build().unwrap_err();
    let mut found: Vec<_> = error.problems().to_vec();
    found.sort_unstable();
    assert_eq!(found, expected);
    for problem in expected {
        assert!(error.to_string().contains(problem));
    }
}

#[test]
fn lists_every_problem_at_once() {
    check(
        Verifier::discover("http://id.example.com"),
        &[
            "\"audience\" is missing: name this resource as tokens name it",
            "\"issuer\": an issuer is https, or http on a loopback address",
            "\"transport\" is missing: something has to send requests to the issuer",
        ],
    );
    check(
        Verifier::jwt("nothing", "http://id.example.com/jwks", ""),
        &[
            "\"audience\" is empty",
            "\"issuer\": an issuer is an absolute https URL",
            "\"jwks_uri\" is neither https nor on a loopback address",
            "\"transport\" is missing: something has to send requests to the issuer",
        ],
    );
}

#[test]
fn introspection_needs_a_secret_and_a_safe_way() {
    let public = ClientAuthentication::None {
        client_id: String::new(),
    };
    let transport = World::new().network;
    check(
        Verifier::introspection("http://id.example.com/introspect", public).transport(transport),
        &[
            "\"client_id\" is empty",
            "\"introspection_endpoint\" is neither https nor on a loopback address",
            "introspection needs a client with a secret",
        ],
    );
}

#[derive(Debug)]
struct Nobody;

impl Introspect for Nobody {
    fn introspect<'a>(
        &'a self,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Introspection, IntrospectError>> {
        Box::pin(async { Ok(Introspection::inactive()) })
    }
}

#[test]
fn rejects_two_ways_for_one_kind_of_token() {
    let two = Verifier::introspection(ENDPOINT, client())
        .transport(World::new().network)
        .or_in_process(Arc::new(Nobody));
    check(
        two,
        &["tokens that are no JWTs can be checked in one way only"],
    );
    check(
        Verifier::jwt(ISSUER, JWKS, AUDIENCE)
            .transport(World::new().network)
            .client(client()),
        &[
            "\"client\" is for an introspection endpoint that discovery finds: use \"or_introspection\"",
        ],
    );
}

#[tokio::test]
async fn debug_shows_no_secret_and_no_user() {
    let world = World::new();
    world.network.answer(ENDPOINT, active(&json!({})));
    let verifier = world.introspecting_verifier();
    let verified = verifier.verify("opaque-1").await.unwrap();
    world.network.take_down(ENDPOINT);
    let error = verifier.verify("opaque-2").await.unwrap_err();
    let builder = Verifier::discover(ISSUER)
        .client(client())
        .audience(AUDIENCE)
        .transport(world.network.clone());
    let mut shown = format!("{builder:?}{verifier:?}{verified:?}{error:?}{error}");
    shown += &format!("{:?}{:?}", builder.build().unwrap(), protect(&verifier));
    assert!(shown.contains("client-1"));
    for secret in ["hunter2", "opaque-", "user-1", "t1"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
