//! Requests that are JWTs (RFC 9101), verified by grantor-jose alone.

use std::borrow::Cow;

use grantor_core::{Issuer, Params};
use grantor_jose::jwe::{self, DecryptionKey};
use grantor_jose::{Algorithm, KeySet, base64url, jws};
use serde_json::{Map, Value};

use super::FakeServer;
use super::state::State;

/// The settings of request objects.
#[derive(Default)]
pub(super) struct RequestSettings {
    keys: Option<KeySet>,
    pub(super) required: bool,
    decryption: Option<DecryptionKey>,
}

impl RequestSettings {
    /// The key that requests are encrypted to, as it is published.
    pub(super) fn published_key(&self) -> Option<Value> {
        let private = self.decryption.as_ref()?.to_private_jwk().ok()?;
        let private: Map<String, Value> = serde_json::from_str(&private).ok()?;
        let public = ["kty", "crv", "x", "y", "n", "e", "kid", "alg"];
        let mut jwk: Map<String, Value> = private;
        jwk.retain(|name, _| public.contains(&name.as_str()));
        jwk.insert("use".to_owned(), "enc".into());
        Some(Value::Object(jwk))
    }
}

/// How it treats request objects, from now on.
impl FakeServer {
    /// Request objects must be signed with one of these keys, and name the client as `iss` and `client_id`,
    /// the server as `aud`, and an `exp` to come by the server's clock. Without this nothing of them is
    /// verified.
    pub fn verify_requests_with(&self, keys: KeySet) {
        self.lock().requests.keys = Some(keys);
    }

    /// Authorization requests have to be request objects (RFC 9101 section 10.5), and metadata says so.
    pub fn require_signed_requests(&self) {
        self.lock().requests.required = true;
    }

    /// Request objects may be encrypted to this key, which is published.
    pub fn decrypt_requests_with(&self, key: DecryptionKey) {
        self.lock().requests.decryption = Some(key);
    }
}

/// The parameters of a request: those of its request object alone, if it has one.
pub(super) fn unwrapped<'a>(
    issuer: &Issuer,
    state: &State,
    query: &'a str,
) -> Result<Cow<'a, str>, &'static str> {
    let params = Params::parse(query.as_bytes()).map_err(|_| "the parameters can't be read")?;
    let Some(request) = params.get("request") else {
        return match state.requests.required {
            true => Err("the request has to be signed"),
            false => Ok(Cow::Borrowed(query)),
        };
    };
    let claims = claims(issuer, state, request)?;
    if claims.get("client_id").and_then(Value::as_str) != params.get("client_id") {
        return Err("\"client_id\" of the request object is another one");
    }
    Ok(Cow::Owned(to_params(&claims).to_form()))
}

/// The claims of a request object that is good.
pub(super) fn claims(
    issuer: &Issuer,
    state: &State,
    request: &str,
) -> Result<Map<String, Value>, &'static str> {
    let settings = &state.requests;
    let request = match (&settings.decryption, request.split('.').count()) {
        (Some(key), 5) => {
            let policy = jwe::Policy::new();
            let opened = jwe::decrypt(request, std::slice::from_ref(key), &policy);
            let opened = opened.map_err(|_| "the request object can't be decrypted")?;
            let text = String::from_utf8(opened.plaintext);
            Cow::Owned(text.map_err(|_| "the request object is not UTF-8")?)
        }
        _ => Cow::Borrowed(request),
    };
    let payload = match &settings.keys {
        Some(keys) => {
            let algorithms: Vec<_> = Algorithm::ALL.to_vec();
            let verified = jws::verify(&request, keys, &algorithms);
            let verified =
                verified.map_err(|_| "the request object is not signed as it must be")?;
            verified.payload
        }
        None => {
            let payload = request.split('.').nth(1).unwrap_or_default();
            base64url::decode(payload).map_err(|_| "the request object can't be read")?
        }
    };
    let claims: Map<String, Value> =
        serde_json::from_slice(&payload).map_err(|_| "the request object has no claims")?;
    if settings.keys.is_some() {
        check(issuer, state, &claims)?;
    }
    Ok(claims)
}

fn check(issuer: &Issuer, state: &State, claims: &Map<String, Value>) -> Result<(), &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let other = text("client_id").is_some_and(|client_id| Some(client_id) != text("iss"));
    if text("iss").is_none() || other {
        return Err("\"iss\" of the request object is not the client");
    }
    if text("aud") != Some(issuer.as_str()) {
        return Err("\"aud\" of the request object is not this server");
    }
    let end = claims.get("exp").and_then(Value::as_i64);
    let end = end.ok_or("\"exp\" of the request object is missing")?;
    match state.now().is_some_and(|now| now.as_secs() >= end) {
        true => Err("the request object has expired"),
        false => Ok(()),
    }
}

/// The parameters that are claims.
pub(super) fn to_params(claims: &Map<String, Value>) -> Params<'static> {
    let of_jwt = ["iss", "aud", "exp", "iat", "nbf", "jti"];
    let mut params = Params::new();
    for (name, value) in claims
        .iter()
        .filter(|(name, _)| !of_jwt.contains(&name.as_str()))
    {
        match value {
            Value::String(text) => params.push(name.clone(), text.clone()),
            Value::Array(values) if values.iter().all(Value::is_string) => {
                for text in values.iter().filter_map(Value::as_str) {
                    params.push(name.clone(), text.to_owned());
                }
            }
            other => params.push(name.clone(), other.to_string()),
        }
    }
    params
}
