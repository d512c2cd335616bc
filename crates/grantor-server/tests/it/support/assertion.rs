//! Clients that authenticate by assertions.

use bytes::Bytes;
use grantor_core::Params;
use grantor_jose::{Key, jwt};
use grantor_server::{ClientAuthMethod, ClientKeys, NewClient};
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use super::{APP, Fixture, ISSUER, Reply, form_request};

pub(crate) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client that authenticates by assertions, and what it signs them with.
pub(crate) struct Signing {
    pub(crate) id: String,
    pub(crate) key: Key,
}

impl Signing {
    /// Registers a client with `private_key_jwt`.
    pub(crate) async fn register(fixture: &Fixture, id: &str, key: Key) -> Self {
        Self::register_with(fixture, id, key, |new| new).await
    }

    pub(crate) async fn register_with(
        fixture: &Fixture,
        id: &str,
        key: Key,
        finish: impl FnOnce(NewClient) -> NewClient,
    ) -> Self {
        let new = client(id).with_private_key_jwt(keys_of([&key]));
        fixture.clients.add(finish(new)).await.unwrap();
        Self {
            id: id.to_owned(),
            key,
        }
    }

    /// The claims of a good assertion, with a `jti` of its own.
    pub(crate) fn claims(&self, fixture: &Fixture) -> Value {
        let now = fixture.now();
        json!({
            "iss": self.id, "sub": self.id, "aud": ISSUER, "iat": now, "exp": now + 60,
            "jti": grantor_http::system().random_text::<16>(),
        })
    }

    /// The same with another claim, or without one if it is null.
    pub(crate) fn claims_with(&self, fixture: &Fixture, name: &str, value: Value) -> Value {
        let mut claims = self.claims(fixture);
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value;
        }
        claims
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        jwt::sign(&self.key, jwt::Typ::CLIENT_ASSERTION, claims).unwrap()
    }

    pub(crate) fn assertion(&self, fixture: &Fixture) -> String {
        self.sign(&self.claims(fixture))
    }

    /// A token by client credentials.
    pub(crate) async fn token(&self, fixture: &Fixture, assertion: &str) -> Reply {
        fixture.send(token_request(assertion)).await
    }

    pub(crate) async fn token_with(&self, fixture: &Fixture, name: &str, value: Value) -> Reply {
        let assertion = self.sign(&self.claims_with(fixture, name, value));
        self.token(fixture, &assertion).await
    }
}

pub(crate) fn client(id: &str) -> NewClient {
    NewClient::confidential(id)
        .with_grant_types(["client_credentials", "authorization_code", "refresh_token"])
        .with_scope("read write".parse().unwrap())
        .with_redirect_uri(APP.redirect_uri.parse().unwrap())
}

/// Registers a client with `client_secret_jwt` under the secret of a key.
pub(crate) async fn register_secret(fixture: &Fixture, id: &str, secret: &str) {
    let new = client(id).with_auth_method(ClientAuthMethod::ClientSecretJwt);
    fixture.clients.add(new.with_secret(secret)).await.unwrap();
}

pub(crate) fn keys_of<'a>(keys: impl IntoIterator<Item = &'a Key>) -> ClientKeys {
    let keys: Vec<_> = keys.into_iter().map(|key| key.public().unwrap()).collect();
    ClientKeys::from_json(&json!({ "keys": keys }).to_string()).unwrap()
}

pub(crate) fn token_request(assertion: &str) -> Request<Full<Bytes>> {
    request("/token", assertion, &[("grant_type", "client_credentials")])
}

pub(crate) fn request(path: &str, assertion: &str, pairs: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let mut params = Params::new();
    params.push("client_assertion_type", JWT_BEARER);
    params.push("client_assertion", assertion.to_owned());
    for (name, value) in pairs {
        params.push((*name).to_owned(), (*value).to_owned());
    }
    form_request(path, &params.to_form())
}
