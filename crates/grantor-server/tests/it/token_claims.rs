//! Further claims of access tokens, of grant types and of sites.

use std::sync::Arc;

use grantor_core::BoxFuture;
use grantor_jose::{Algorithm, base64url};
use grantor_server::{
    AccessTokens, Allowed, Decision, Error, GrantType, Granted, Interaction, Login, NewClient,
    Page, SignIn, Site, SiteError, TokenCall, TokenContents,
};
use grantor_store::MemoryStore;
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{API, APP, Ask, Browser, Code, Fixture, RESOURCE, Tokens, Who};

const KINDS: [AccessTokens; 2] = [AccessTokens::Opaque, AccessTokens::Jwt(Algorithm::Es256)];

/// A token with the claim that the request names.
#[derive(Debug)]
struct Badge;

const BADGE: &str = "urn:example:badge";
const KIOSK: Who = Who {
    id: "kiosk",
    secret: Some("the secret of kiosk"),
    redirect_uri: "",
};

impl GrantType for Badge {
    fn name(&self) -> &str {
        BADGE
    }

    fn parameters(&self) -> &[&str] {
        &["claim"]
    }

    fn decide<'a>(&'a self, call: &'a TokenCall<'a>) -> BoxFuture<'a, Result<Granted, Error>> {
        Box::pin(async move {
            let contents =
                TokenContents::new(call.client().scope.clone(), vec![RESOURCE.to_owned()]);
            let contents = contents.for_subject("visitor");
            Ok(Granted::Issue(match call.params().get("claim") {
                Some(name) => contents.with_claim(name, json!({ "floor": 3, "name": "é\"" })),
                None => contents,
            }))
        })
    }
}

async fn kiosk(kind: AccessTokens) -> Fixture {
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        builder
            .grant_type(Badge)
            .configure(|config| config.access_tokens = kind)
    });
    let fixture = fixture.await;
    let new = NewClient::confidential(KIOSK.id)
        .with_grant_types([BADGE])
        .with_scope("read".parse().unwrap())
        .with_secret(KIOSK.secret.unwrap());
    fixture.clients.add(new).await.unwrap();
    fixture
}

/// The claims of a JWT, unverified.
fn claims_of(jwt: &str) -> Value {
    let payload = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64url::decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn a_claim_of_a_grant_type_is_in_the_token_and_in_introspection() {
    for kind in KINDS {
        let fixture = kiosk(kind).await;
        let ask = [("grant_type", BADGE), ("claim", "badge")];
        let token = fixture.token(KIOSK, &ask).await.member("access_token");
        let expected = json!({ "floor": 3, "name": "é\"" });
        for who in [KIOSK, API] {
            let seen = fixture.introspect(who, &token).await;
            assert_eq!(seen["badge"], expected, "{seen}");
        }
        let seen = fixture.server.introspect(&token).await.unwrap();
        assert_eq!(seen.extra.keys().collect::<Vec<_>>(), ["badge"]);
        if kind != AccessTokens::Opaque {
            assert_eq!(claims_of(&token)["badge"], expected);
        }
        let ask = [("grant_type", BADGE)];
        let without = fixture.token(KIOSK, &ask).await.member("access_token");
        let seen = fixture.server.introspect(&without).await.unwrap();
        assert!(seen.active && seen.extra.is_empty(), "{seen:?}");
    }
}

#[tokio::test]
async fn a_claim_with_a_name_of_the_server_s_is_refused() {
    for kind in KINDS {
        let fixture = kiosk(kind).await;
        for name in ["sub", "scope", "aud", "exp", "active", "cnf", "anchor"] {
            let ask = [("grant_type", BADGE), ("claim", name)];
            let reply = fixture.token(KIOSK, &ask).await;
            reply.assert_error(500, "server_error");
        }
        assert!(fixture.records(*b"at").await.is_empty());
    }
}

/// A site whose users have a tenant.
#[derive(Debug)]
struct Tenants;

impl Site for Tenants {
    fn login<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
    ) -> BoxFuture<'a, Result<SignIn, SiteError>> {
        let login = Login::new("ada", interaction.now()).with_access_token_claim("tenant", "blue");
        Box::pin(std::future::ready(Ok(SignIn::Is(login))))
    }

    fn consent<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
        _: &'a Login,
    ) -> BoxFuture<'a, Result<Decision, SiteError>> {
        Box::pin(async move {
            if interaction.submitted().is_some() {
                let scope = interaction.scope().clone();
                return Ok(Decision::Allow(Allowed::new(scope, Vec::new())));
            }
            let form = interaction.form("ask")?;
            let html = format!(
                "<form method=\"post\" action=\"{}\">{}<button name=\"a\" value=\"allow\"></form>",
                form.action(),
                form.hidden_html()
            );
            Ok(Decision::Page(Page::html(StatusCode::OK, html)))
        })
    }
}

#[tokio::test]
async fn a_claim_of_the_login_is_in_every_token_of_the_grant() {
    for kind in KINDS {
        let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
            builder
                .site(Tenants)
                .configure(|config| config.access_tokens = kind)
        });
        let fixture = fixture.await;
        let ask = Ask::new(APP);
        let mut browser = Browser::new(&fixture);
        let consent = browser.open(&ask.url()).await;
        let done = browser.allow(&consent).await;
        let code = Code {
            code: done.code(APP.redirect_uri),
            verifier: ask.verifier.expose().to_owned(),
            redirect_uri: APP.redirect_uri.to_owned(),
        };
        let first = Tokens::of(&fixture.redeem(APP, &code).await);
        let second = fixture.refresh(APP, &first.refresh).await;
        for token in [first.access, second.member("access_token")] {
            let seen = fixture.server.introspect(&token).await.unwrap();
            assert_eq!(seen.extra["tenant"], "blue");
            assert_eq!(seen.extra.len(), 1);
        }
    }
}
