use std::sync::Arc;

use grantor_core::{BoxFuture, ErrorCode};
use grantor_jose::Algorithm;
use grantor_server::{AccessTokens, Anchor, Error, Grant, Issue, NewClient, TokenContext};
use grantor_store::MemoryStore;

use crate::support::{API, APP, Fixture, RESOURCE, Who};

/// A token for whoever knows the number.
#[derive(Debug)]
struct Pin;

const PIN: &str = "urn:example:pin";

impl Grant for Pin {
    fn grant_type(&self) -> &str {
        PIN
    }

    fn parameters(&self) -> &[&str] {
        &["pin"]
    }

    fn handle<'a>(&'a self, context: &'a TokenContext<'a>) -> BoxFuture<'a, Result<Issue, Error>> {
        Box::pin(async move {
            assert_eq!(context.client.id, "kiosk");
            // What it did not declare, it never sees.
            for hidden in ["client_secret", "client_id", "code", "other"] {
                assert_eq!(context.params.get(hidden), None);
            }
            match context.params.get("pin") {
                None => {
                    return Err(Error::refused(
                        ErrorCode::InvalidRequest,
                        "\"pin\" is missing",
                    ));
                }
                Some("1234") => {}
                Some(_) => return Err(Error::invalid_grant("the pin is wrong")),
            }
            let scope = context.scope(&context.client.scope)?;
            let mut issue = Issue::new(scope, Vec::new());
            issue.subject = Some("visitor".to_owned());
            issue.extra.insert("floor".to_owned(), 3.into());
            Ok(issue)
        })
    }
}

const KIOSK: Who = Who {
    id: "kiosk",
    secret: Some("the secret of kiosk"),
    redirect_uri: "",
};

async fn fixture(kind: AccessTokens) -> Fixture {
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        builder
            .grant(Pin)
            .configure(|config| config.access_tokens = kind)
    })
    .await;
    let new = NewClient {
        id: KIOSK.id.to_owned(),
        grants: vec![PIN.to_owned()],
        scope: "read write".parse().unwrap(),
        secret: KIOSK.secret.map(Into::into),
        ..NewClient::default()
    };
    fixture.clients.add(new).await.unwrap();
    fixture
}

#[tokio::test]
async fn a_grant_of_ones_own_says_what_to_issue() {
    for kind in [AccessTokens::Opaque, AccessTokens::Jwt(Algorithm::Es256)] {
        let fixture = fixture(kind).await;
        let ask = [
            ("grant_type", PIN),
            ("pin", "1234"),
            ("scope", "read"),
            ("code", "x"),
            ("other", "x"),
        ];
        let reply = fixture.token(KIOSK, &ask).await;
        let json = reply.assert_ok().json();
        assert_eq!(
            (&json["floor"], &json["scope"]),
            (&3.into(), &"read".into())
        );
        assert!(json.get("refresh_token").is_none());
        let token = reply.member("access_token");
        let seen = fixture.introspect(KIOSK, &token).await;
        assert_eq!(
            (&seen["sub"], &seen["client_id"]),
            (&"visitor".into(), &"kiosk".into())
        );
        if kind != AccessTokens::Opaque {
            // RFC 9068 section 2.2: there is always an audience.
            assert_eq!(fixture.introspect(API, &token).await["aud"], RESOURCE);
        }
    }
}

#[tokio::test]
async fn what_it_refuses_is_refused() {
    let fixture = fixture(AccessTokens::Opaque).await;
    let pin = |pin| [("grant_type", PIN), ("pin", pin)];
    fixture
        .token(KIOSK, &pin("0000"))
        .await
        .assert_error(400, "invalid_grant");
    fixture
        .token(KIOSK, &pin(""))
        .await
        .assert_error(400, "invalid_request");
    fixture
        .token(APP, &pin("1234"))
        .await
        .assert_error(400, "unauthorized_client");
    let too_much = [("grant_type", PIN), ("pin", "1234"), ("scope", "admin")];
    fixture
        .token(KIOSK, &too_much)
        .await
        .assert_error(400, "invalid_scope");
}

#[tokio::test]
async fn it_takes_the_place_of_the_default_grants() {
    let fixture = fixture(AccessTokens::Opaque).await;
    let metadata = fixture
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    assert_eq!(metadata["grant_types_supported"], serde_json::json!([PIN]));
    assert!(metadata.get("authorization_endpoint").is_none());
    assert_eq!(fixture.get("/authorize").await.status, 404);
    let ask = [("grant_type", "client_credentials")];
    fixture
        .token(KIOSK, &ask)
        .await
        .assert_error(400, "unsupported_grant_type");
}

#[tokio::test]
async fn its_tokens_end_with_their_subject_and_their_client() {
    for kind in [AccessTokens::Opaque, AccessTokens::Jwt(Algorithm::Es256)] {
        let fixture = fixture(kind).await;
        let ask = [("grant_type", PIN), ("pin", "1234")];
        let first = fixture.token(KIOSK, &ask).await.member("access_token");
        assert!(fixture.is_active(&first).await);
        fixture
            .server
            .end(&Anchor::Subject("visitor".to_owned()))
            .await
            .unwrap();
        assert!(!fixture.is_active(&first).await);
        let second = fixture.token(KIOSK, &ask).await.member("access_token");
        assert!(fixture.is_active(&second).await);
        fixture.clients.remove(KIOSK.id).await.unwrap();
        fixture.clock.advance(1);
        assert!(!fixture.is_active(&second).await);
    }
}
