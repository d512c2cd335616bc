//! Beside jsonwebtoken on the same library: at least as fast everywhere, and 1.7 times as fast at
//! signing with EdDSA, because it parses the key for every token.

use grantor_jose::jwt::{self, Policy, Typ};
use grantor_jose::{Algorithm, Key, Timestamp};
use harness::{Group, Result};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use serde_json::Value;

use crate::fixture::{ALGORITHMS, claims, compare, keys, name, secret, used};

pub(crate) fn measure(group: &mut Group) -> Result<()> {
    for (algorithm, label) in ALGORITHMS {
        let Ok(theirs) = algorithm.as_str().parse::<jsonwebtoken::Algorithm>() else {
            continue;
        };
        let key = Key::generate(algorithm)?;
        let claims = claims();
        let encoding_key = encoding_key(&key)?;
        let mut header = Header::new(theirs);
        header.kid = Some(key.key_id().to_owned());
        let faster = match algorithm {
            Algorithm::EdDsa => 1.7,
            _ => 1.0,
        };
        compare(
            group,
            (
                name(&[label, "sign"]),
                name(&["jsonwebtoken", label, "sign"]),
            ),
            &mut || used(jwt::sign(&key, Typ::ACCESS_TOKEN, &claims)),
            &mut || used(jsonwebtoken::encode(&header, &claims, &encoding_key)),
            Some(faster),
        )?;
        let token = jwt::sign(&key, Typ::ACCESS_TOKEN, &claims)?;
        let keys = keys(&key)?;
        let policy = Policy::access_token("https://as.example.com", "https://api.example.com")
            .with_algorithms([algorithm]);
        let now = Timestamp::from_secs(1_760_000_010);
        let decoding_key = decoding_key(&key)?;
        let mut validation = Validation::new(theirs);
        validation.set_audience(&["https://api.example.com"]);
        validation.set_issuer(&["https://as.example.com"]);
        compare(
            group,
            (
                name(&[label, "verify"]),
                name(&["jsonwebtoken", label, "verify"]),
            ),
            &mut || used(jwt::verify(&token, &keys, &policy, now)),
            &mut || {
                used(jsonwebtoken::decode::<Value>(
                    &token,
                    &decoding_key,
                    &validation,
                ))
            },
            Some(1.0),
        )?;
    }
    Ok(())
}

fn encoding_key(key: &Key) -> Result<EncodingKey> {
    if key.algorithm().is_symmetric() {
        return Ok(EncodingKey::from_secret(&secret(key)?));
    }
    let pem = key.to_pkcs8_pem()?;
    Ok(match key.algorithm() {
        Algorithm::EdDsa => EncodingKey::from_ed_pem(pem.as_bytes())?,
        Algorithm::Es256 | Algorithm::Es384 => EncodingKey::from_ec_pem(pem.as_bytes())?,
        _ => EncodingKey::from_rsa_pem(pem.as_bytes())?,
    })
}

fn decoding_key(key: &Key) -> Result<DecodingKey> {
    match key.public() {
        None => Ok(DecodingKey::from_secret(&secret(key)?)),
        Some(public) => {
            let jwk: Jwk = serde_json::from_value(serde_json::to_value(public)?)?;
            Ok(DecodingKey::from_jwk(&jwk)?)
        }
    }
}
