//! SAML assertions that are passed on (RFC 7522).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use grantor_client::{SamlAssertion, Tokens};
use grantor_jose::base64url;
use grantor_testkit::{Endpoint, Fault, GrantAnswer};

use crate::support::{ISSUER, World};

const XML: &str = "<saml:Assertion ID=\"_1\">ü</saml:Assertion>";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:saml2-bearer";

fn assertion(xml: &'static str) -> (SamlAssertion, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let assertion = SamlAssertion::from_fn(move || {
        count.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move { Ok(xml.into()) })
    });
    (assertion, asked)
}

#[tokio::test]
async fn an_assertion_is_the_grant_and_asked_for_whenever_it_is_sent() {
    let world = World::new();
    world.server.on_grant(GRANT, |_| GrantAnswer::token());
    world.server.fail_next(Fault::Unavailable(0));
    let (assertion, asked) = assertion(XML);
    let tokens = Tokens::saml_bearer(ISSUER, assertion).scope("read");
    let tokens = world.thread(tokens).build().unwrap();
    tokens.get().await.unwrap();
    let requests = world.server.requests(Endpoint::Token);
    assert_eq!((requests.len(), asked.load(Ordering::SeqCst)), (2, 2));
    let sent = &requests[1];
    assert_eq!(sent.grant_type().unwrap(), GRANT);
    // RFC 7522 section 2.1: base64url without padding.
    let decoded = base64url::decode(sent.parameter("assertion").unwrap()).unwrap();
    assert_eq!(decoded, XML.as_bytes());
    assert_eq!(sent.parameter("scope").unwrap(), "read");
    assert_eq!(sent.parameter("client_id"), None);
}

#[tokio::test]
async fn an_assertion_is_who_the_client_is() {
    let world = World::new();
    let (assertion, _) = assertion(XML);
    // The fake server knows no assertions of this kind.
    world
        .server
        .fail_always(Endpoint::Token, Fault::Refused("invalid_grant"));
    let client = Tokens::client_credentials(ISSUER, "app", assertion);
    world
        .thread(client)
        .build()
        .unwrap()
        .get()
        .await
        .unwrap_err();
    let sent = world.server.last_token_request().unwrap();
    for (name, value) in [
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
        ),
        ("client_assertion", &*base64url::encode(XML)),
        ("grant_type", "client_credentials"),
        ("client_id", "app"),
    ] {
        assert_eq!(sent.parameters(name), [value], "{name}");
    }
}

#[tokio::test]
async fn what_is_no_xml_is_not_sent_and_not_shown() {
    let world = World::new();
    let (assertion, _) = assertion("PHNhbWw6QXNzZXJ0aW9uLz4");
    let tokens = world
        .thread(Tokens::saml_bearer(ISSUER, assertion))
        .build()
        .unwrap();
    let error = tokens.get().await.unwrap_err();
    assert!(
        error.is_configuration() && error.to_string().contains("no XML"),
        "{error}"
    );
    assert!(!error.to_string().contains("PHNhbWw"), "{error}");
    world.server.assert_token_requests(0);
}
