//! The provider, and clients that register there.

use std::env;

use grantor_client::{Assertion, CodeFlow, Registrar, SignedIn, Tokens, TokensBuilder};
use grantor_core::openid::TokenDecryption;
use grantor_core::{ApplicationType, ClientInformation, ClientMetadata};
use grantor_jose::jwe::{self, DecryptionKey, KeyManagement};
use grantor_jose::{Algorithm, Key};
use serde_json::{Map, Value, json};
use url::Url;

use crate::Outcome;
use crate::browser::Browser;

pub(crate) const CALLBACK: &str = "https://app.example/callback";

/// The provider, and the keys of the clients.
pub(crate) struct Scene {
    pub(crate) issuer: String,
    pub(crate) user: String,
    pub(crate) notifications: String,
    pub(crate) registrar: Registrar,
}

/// A client that registered itself, and its keys.
pub(crate) struct Client {
    pub(crate) information: ClientInformation,
    pub(crate) key: Key,
    decryption: DecryptionKey,
    issuer: String,
}

impl Scene {
    pub(crate) async fn from_environment() -> Outcome<Self> {
        let issuer = env::var("ISSUER")?;
        let registrar = Tokens::login(issuer.as_str(), "").registrar()?;
        Ok(Self {
            issuer,
            user: env::var("LOGIN_NAME")?,
            notifications: env::var("NOTIFICATIONS")?,
            registrar,
        })
    }

    /// A client with these members, whose key is for ES256.
    pub(crate) async fn client(&self, members: Value) -> Outcome<Client> {
        self.client_with(Algorithm::Es256, members).await
    }

    /// A client with these members, and a key for this algorithm.
    pub(crate) async fn client_with(
        &self,
        algorithm: Algorithm,
        members: Value,
    ) -> Outcome<Client> {
        let key = Key::generate(algorithm)?.with_key_id("sig");
        let decryption = DecryptionKey::generate_p256(KeyManagement::EcdhEs)?.with_key_id("enc");
        let metadata = metadata(&key, &decryption, &members)?;
        Ok(Client {
            information: self.registrar.register(&metadata).await?,
            key,
            decryption,
            issuer: self.issuer.clone(),
        })
    }
}

/// The metadata of a web application, with further members.
fn metadata(key: &Key, decryption: &DecryptionKey, members: &Value) -> Outcome<ClientMetadata> {
    let mut all = json!({
        "redirect_uris": [CALLBACK],
        "application_type": ApplicationType::Web.as_str(),
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "jwks": {"keys": [public_signing(key)?, public_encryption(decryption)?]},
    });
    for (name, value) in members.as_object().into_iter().flatten() {
        all[name] = value.clone();
    }
    Ok(ClientMetadata::parse(all.to_string().as_bytes())?)
}

fn public_signing(key: &Key) -> Outcome<Value> {
    let public = key.public().ok_or("a key of two halves")?;
    Ok(serde_json::to_value(public)?)
}

fn public_encryption(key: &DecryptionKey) -> Outcome<Value> {
    let private: Map<String, Value> = serde_json::from_str(&key.to_private_jwk()?)?;
    let mut public = private;
    public.retain(|name, _| ["kty", "crv", "x", "y", "kid"].contains(&name.as_str()));
    public.insert("use".to_owned(), "enc".into());
    Ok(Value::Object(public))
}

impl Client {
    /// Tokens of a user, for this client.
    pub(crate) fn login(&self) -> TokensBuilder {
        let login = Tokens::login(self.issuer.as_str(), &self.information.client_id);
        let login = login.scope("openid profile");
        match &self.information.client_secret {
            Some(secret) => login.client_secret(secret.clone()),
            None => login,
        }
    }

    pub(crate) fn flow(&self) -> Outcome<CodeFlow> {
        Ok(self.login().code_flow(CALLBACK)?)
    }

    pub(crate) fn assertion(&self) -> Outcome<Assertion> {
        Ok(Assertion::from_jwk(&self.key.to_private_jwk()?)?)
    }

    pub(crate) fn decryption(&self) -> Outcome<TokenDecryption> {
        let key =
            DecryptionKey::from_jwk_for(KeyManagement::EcdhEs, &self.decryption.to_private_jwk()?)?;
        Ok(TokenDecryption::new([key], jwe::Policy::new()).required())
    }
}

/// A user signs in, and it is the right one.
pub(crate) async fn sign_in(scene: &Scene, flow: &CodeFlow) -> Outcome<SignedIn> {
    let started = flow.start().await?;
    let answer = Browser::new(&scene.issuer)?.open(&started.url).await?;
    let signed_in = flow.finish(started.pending, &answer).await?;
    let subject = signed_in
        .id_token
        .as_ref()
        .map(|it| it.subject().to_owned());
    expect(subject.as_deref(), Some(&*scene.user))?;
    Ok(signed_in)
}

/// Two values that have to be the same.
pub(crate) fn expect<T: PartialEq + std::fmt::Debug>(found: T, expected: T) -> Outcome {
    let [found, expected] = &[found, expected];
    match found == expected {
        true => Ok(()),
        false => Err(format!("{found:?} instead of {expected:?}").into()),
    }
}

/// A parameter of a URL.
pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    let pair = pairs.find(|(known, _)| known == name);
    pair.map(|(_, value)| value.into_owned())
}
