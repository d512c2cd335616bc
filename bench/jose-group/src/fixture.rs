//! The keys and claims of the measurements.

use std::hint::black_box;
use std::time::Duration;

use grantor_jose::{Algorithm, Key, KeySet, base64url};
use harness::{Comparison, Group, Result, Side, nanoseconds_per_call};
use serde_json::{Value, json};

/// The algorithms, and what follows each in the names of rows.
pub(crate) const ALGORITHMS: [(Algorithm, &str); 9] = [
    (Algorithm::EdDsa, "eddsa"),
    (Algorithm::Es256, "es256"),
    (Algorithm::Es384, "es384"),
    (Algorithm::Es512, "es512"),
    (Algorithm::Ps256, "ps256"),
    (Algorithm::Rs256, "rs256"),
    (Algorithm::Hs256, "hs256"),
    (Algorithm::Hs384, "hs384"),
    (Algorithm::Hs512, "hs512"),
];

/// Claims that make a token of some 400 bytes with an ECDSA signature.
pub(crate) fn claims() -> Value {
    json!({
        "iss": "https://as.example.com", "aud": "https://api.example.com", "sub": "user-12345",
        "client_id": "client-12345", "jti": "f2b1c8d09e5a4f6b", "iat": 1_760_000_000,
        "exp": 4_000_000_000_u64, "scope": "read write",
    })
}

/// Returns the verifying keys of a key.
pub(crate) fn keys(key: &Key) -> Result<KeySet> {
    Ok(match key.public() {
        Some(public) => [public.clone()].into_iter().collect(),
        None => KeySet::from_secrets([key])?,
    })
}

/// The bytes of a symmetric key.
pub(crate) fn secret(key: &Key) -> Result<Vec<u8>> {
    let jwk: Value = serde_json::from_str(&key.to_private_jwk()?)?;
    Ok(base64url::decode(
        jwk["k"].as_str().ok_or("not symmetric")?,
    )?)
}

/// A row for ours beside another, in nanoseconds. `speed` is how fast ours has to be, as a part of
/// the other's speed.
pub(crate) fn compare(
    group: &mut Group,
    names: (&'static str, &'static str),
    ours: &mut dyn FnMut(),
    beside: &mut dyn FnMut(),
    speed: Option<f64>,
) -> Result<()> {
    group.compare(Comparison {
        ours: Side {
            bench: names.0,
            measure: &mut || Ok(nanoseconds_per_call(WINDOW, &mut *ours)),
        },
        beside: Side {
            bench: names.1,
            measure: &mut || Ok(nanoseconds_per_call(WINDOW, &mut *beside)),
        },
        unit: "ns",
        bar: speed.map(|speed| 1.0 / speed),
    })
}

/// How many nanoseconds ours takes more: at most 1.2 µs.
pub(crate) fn over(
    group: &mut Group,
    row: &'static str,
    ours: &mut dyn FnMut(),
    beside: &mut dyn FnMut(),
) -> Result<()> {
    let mut measure = || {
        let beside = nanoseconds_per_call(WINDOW, &mut *beside);
        Ok(nanoseconds_per_call(WINDOW, &mut *ours) - beside)
    };
    let side = Side {
        bench: row,
        measure: &mut measure,
    };
    group.alone(side, "ns", Some(1200.0))
}

/// Keeps a result from being optimized away; an error here is a mistake in the group.
pub(crate) fn used<T, E>(result: std::result::Result<T, E>) {
    let right = black_box(result).is_ok();
    assert!(right, "a measured call failed");
}

/// A name that lives as long as the program.
pub(crate) fn name(parts: &[&str]) -> &'static str {
    parts.join("_").leak()
}

const WINDOW: Duration = Duration::from_millis(400);
