//! A grant type of an application's own.

use std::sync::Arc;

use grantor_core::{BoxFuture, Params, Timestamp};
use grantor_jose::Algorithm;
use grantor_server::{
    AccessTokens, Client, Error, GrantType, Granted, NewClient, Target, TokenCall, TokenContents,
};
use grantor_store::MemoryStore;

use crate::support::{API, APP, Fixture, RESOURCE, Who};

/// A token for whoever knows the number.
#[derive(Debug)]
struct Pin;

const PIN: &str = "urn:example:pin";

impl GrantType for Pin {
    fn name(&self) -> &str {
        PIN
    }

    fn parameters(&self) -> &[&str] {
        &["pin"]
    }

    fn decide<'a>(&'a self, call: &'a TokenCall<'a>) -> BoxFuture<'a, Result<Granted, Error>> {
        Box::pin(async move {
            assert_eq!(call.client().id, "kiosk");
            // The grant type never sees a parameter that it did not declare.
            for hidden in ["client_secret", "client_id", "code", "other"] {
                assert_eq!(call.params().get(hidden), None);
            }
            if call.required("pin")? != "1234" {
                return Err(Error::invalid_grant("the pin is wrong"));
            }
            let scope = call.scope(&call.client().scope)?;
            let contents = TokenContents::new(scope, Vec::new())
                .for_subject("visitor")
                .with_response_member("floor", 3);
            Ok(Granted::Issue(contents))
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
            .without_default_grant_types()
            .grant_type(Pin)
            .configure(|config| config.access_tokens = kind)
    })
    .await;
    let new = NewClient::confidential(KIOSK.id)
        .with_grant_types([PIN])
        .with_scope("read write".parse().unwrap())
        .with_secret(KIOSK.secret.unwrap());
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
async fn a_server_may_be_without_the_default_grant_types() {
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
            .revoke(&Target::Subject("visitor".to_owned()))
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

#[tokio::test]
async fn the_default_grant_types_stay_where_one_is_added() {
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        builder.grant_type(Pin)
    })
    .await;
    let metadata = fixture
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    assert_eq!(
        metadata["grant_types_supported"],
        serde_json::json!([
            "authorization_code",
            "client_credentials",
            "refresh_token",
            PIN
        ])
    );
}

#[tokio::test]
async fn it_can_be_tested_without_a_server() {
    let mut client = Client::new("kiosk", "1");
    client.scope = "read".parse().unwrap();
    let decide = async |form: &'static str| {
        let params = Params::parse(form.as_bytes()).unwrap();
        let call = TokenCall::new(&client, &params, Timestamp::from_secs(1_790_000_000));
        Pin.decide(&call).await
    };
    let granted = decide("pin=1234").await.unwrap();
    let Granted::Issue(contents) = granted else {
        panic!("{granted:?}");
    };
    assert_eq!(contents.subject.as_deref(), Some("visitor"));
    assert_eq!(contents.scope.as_str(), "read");
    for wrong in ["pin=0000", "", "pin=1234&scope=write"] {
        assert!(decide(wrong).await.is_err(), "{wrong}");
    }
}
