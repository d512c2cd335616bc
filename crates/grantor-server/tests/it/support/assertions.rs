use std::sync::Arc;

use grantor_core::BoxFuture;
use grantor_jose::{Algorithm, Key, KeySet, jwt};
use grantor_server::grant_type::{
    AssertionDecision, AssertionPolicy, AssertionRequest, IssuerKeys, JwtBearer, TrustedIssuer,
};
use grantor_server::{Error, NewClient};
use grantor_store::{MemoryStore, Store};
use serde_json::{Value, json};
use url::Url;

use super::{Fixture, ISSUER, Reply, Web, Who};

/// A client of an organization whose users the identity provider vouches for.
pub(crate) const WIKI: Who = Who {
    id: "wiki",
    secret: Some("the secret of wiki"),
    redirect_uri: "",
};

/// An identity provider.
pub(crate) struct Idp {
    pub(crate) key: Key,
}

impl Idp {
    pub(crate) const ISSUER: &'static str = "https://idp.example";

    pub(crate) fn new() -> Self {
        Self {
            key: Key::generate(Algorithm::Es256).unwrap(),
        }
    }

    pub(crate) fn keys(&self) -> KeySet {
        self.key.public().cloned().into_iter().collect()
    }

    /// The claims of a good assertion.
    pub(crate) fn claims(fixture: &Fixture) -> Value {
        let now = fixture.stores.environment().now().as_secs();
        json!({
            "iss": Self::ISSUER, "sub": "U019488227", "aud": ISSUER, "client_id": WIKI.id,
            "jti": "1", "exp": now + 300, "iat": now, "email": "ada@example.com",
        })
    }

    pub(crate) fn sign(&self, typ: jwt::Typ, claims: &Value) -> String {
        jwt::sign(&self.key, typ, claims).unwrap()
    }
}

/// Knows Ada by the subject of the identity provider.
#[derive(Debug)]
struct Directory;

impl AssertionPolicy for Directory {
    fn decide<'a>(
        &'a self,
        request: &'a AssertionRequest<'a>,
    ) -> BoxFuture<'a, Result<AssertionDecision, Error>> {
        assert_eq!(request.issuer, Idp::ISSUER);
        let decision = match (request.sub, request.claims.get("email")) {
            ("U019488227", Some(email)) => AssertionDecision::Allow(
                request.requested("ada").with_claim("email", email.clone()),
            ),
            _ => AssertionDecision::Refuse,
        };
        Box::pin(std::future::ready(Ok(decision)))
    }
}

/// Trusts the identity assertions of the identity provider, and its other ones.
pub(crate) fn trusting(
    keys: impl Into<IssuerKeys> + Clone,
    change: fn(TrustedIssuer) -> TrustedIssuer,
) -> JwtBearer {
    let identity = TrustedIssuer::identity_provider(Idp::ISSUER, keys.clone(), Directory);
    let other = TrustedIssuer::new(Idp::ISSUER, keys, Directory);
    JwtBearer::new()
        .trust(change(identity))
        .trust(change(other))
}

impl Fixture {
    /// Trusts an identity provider: its identity assertions, and its other ones.
    pub(crate) async fn with_idp(idp: &Idp, change: fn(TrustedIssuer) -> TrustedIssuer) -> Self {
        Self::with_idp_on(Arc::new(MemoryStore::new()), idp, change).await
    }

    pub(crate) async fn with_idp_on(
        store: Arc<dyn Store>,
        idp: &Idp,
        change: fn(TrustedIssuer) -> TrustedIssuer,
    ) -> Self {
        let grant_type = trusting(idp.keys(), change);
        let fixture = Self::on(store, |builder| builder.grant_type(grant_type)).await;
        fixture.add_clients_of_idp().await;
        fixture
    }

    /// Trusts the identity provider whose keys are at a URL.
    pub(crate) async fn with_idp_at(web: &Web, jwks_uri: &str) -> Self {
        let grant_type = trusting(jwks_uri.parse::<Url>().unwrap(), |issuer| issuer);
        let fixture = web.fixture_with(|builder| builder.grant_type(grant_type));
        let fixture = fixture.await;
        fixture.add_clients_of_idp().await;
        fixture
    }

    async fn add_clients_of_idp(&self) {
        let wiki = NewClient::confidential(WIKI.id)
            .with_grant_types([JwtBearer::NAME])
            .with_scope("read write".parse().unwrap())
            .with_secret(WIKI.secret.unwrap());
        self.clients.add(wiki).await.unwrap();
        let tool = NewClient::public("tool")
            .with_grant_types([JwtBearer::NAME])
            .with_scope("read".parse().unwrap());
        self.clients.add(tool).await.unwrap();
    }

    pub(crate) async fn assert(&self, who: Who, assertion: &str, more: &[(&str, &str)]) -> Reply {
        let ask = [("grant_type", JwtBearer::NAME), ("assertion", assertion)];
        self.token(who, &[&ask[..], more].concat()).await
    }
}
