//! The JWT bearer grant (RFC 7523 section 2.1).

use grantor_core::{ErrorCode, Issuer, Timestamp};
use grantor_jose::{Algorithm, KeySet, jws};
use serde_json::{Map, Value};

use super::{Decision, Granted, needed, refuse};
use crate::server::RecordedRequest;
use crate::server::state::State;

/// RFC 7523 sections 2.1 and 3.
pub(super) fn redeem(issuer: &Issuer, state: &State, request: &RecordedRequest) -> Decision {
    let assertion = needed(request, "assertion")?;
    let mut granted = Granted::of(request);
    if let Some(keys) = &state.assertion_keys {
        match verified(&assertion, keys, issuer, state.now()) {
            Ok(subject) => granted.subject = Some(subject),
            Err(why) => return refuse(ErrorCode::InvalidGrant, why),
        }
    }
    Ok(granted)
}

/// The subject of an assertion that is good.
fn verified(
    assertion: &str,
    keys: &KeySet,
    issuer: &Issuer,
    now: Option<Timestamp>,
) -> Result<String, &'static str> {
    let algorithms = Algorithm::ALL.iter().copied();
    let algorithms: Vec<_> = algorithms.filter(|one| !one.is_symmetric()).collect();
    let verified = jws::verify(assertion, keys, &algorithms)
        .map_err(|_| "the assertion is not signed with a known key")?;
    let claims: Map<String, Value> =
        serde_json::from_slice(&verified.payload).map_err(|_| "the assertion has no claims")?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    text("iss").ok_or("\"iss\" of the assertion is missing")?;
    let subject = text("sub").ok_or("\"sub\" of the assertion is missing")?;
    let here = [
        issuer.as_str().to_owned(),
        issuer.join("/token").to_string(),
    ];
    let is_here = |value: &Value| {
        value
            .as_str()
            .is_some_and(|one| here.iter().any(|h| h == one))
    };
    let meant_for_us = match claims.get("aud") {
        Some(Value::Array(audiences)) => audiences.iter().any(is_here),
        Some(audience) => is_here(audience),
        None => false,
    };
    if !meant_for_us {
        return Err("\"aud\" of the assertion is not this server");
    }
    let exp = claims.get("exp").and_then(Value::as_i64);
    let exp = exp.ok_or("\"exp\" of the assertion is missing")?;
    if now.is_some_and(|now| now >= Timestamp::from_secs(exp)) {
        return Err("the assertion has expired");
    }
    Ok(subject.to_owned())
}
