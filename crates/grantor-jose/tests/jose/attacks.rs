//! Attacks on JWTs from the vectors.

use std::time::Duration;

use grantor_jose::jwt::{self, Policy};
use grantor_jose::{Algorithm, Error, Key, KeySet, Leeway, Part, Timestamp, base64url};
use serde_json::Value;

use crate::table::{Answer, Table};
use crate::{list, text, vectors};

#[test]
fn every_attack_ends_as_expected() {
    let mut wrong = Vec::new();
    each(|id, found, expected| {
        if found != expected {
            wrong.push(format!("{id}: {found:?} instead of {expected:?}"));
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A row of the table in the crate's documentation.
pub(crate) fn hostile_tokens(answer: Answer) -> Table {
    let mut table = Table::new("JWTs", answer);
    each(|id, found, expected| table.case(id, expected.is_ok(), found.is_ok()));
    table
}

/// Calls with the id of each case, what was found, and what is expected.
fn each(mut call: impl FnMut(&str, Result<(), Error>, Result<(), Error>)) {
    let file = vectors("jwt-attacks.json");
    let context = &file["context"];
    let keys = KeySet::from_json(context["jwks"].to_string().as_bytes()).unwrap();
    let secret = base64url::decode(text(&context["hs256_secret_b64url"])).unwrap();
    let secret = Key::from_secret(Algorithm::Hs256, &secret).unwrap();
    let secrets = KeySet::from_secrets([&secret.with_key_id("hs-1")]).unwrap();
    let now = Timestamp::from_secs(context["now"].as_i64().unwrap());
    for case in list(&file["vectors"]) {
        let symmetric = case["allow_algs"].to_string().contains("HS256");
        let keys = if symmetric { &secrets } else { &keys };
        let policy = policy(context, case);
        let found = jwt::verify(text(&case["token"]), keys, &policy, now);
        call(text(&case["id"]), found.map(|_| ()), expected(case));
    }
}

fn policy(context: &Value, case: &Value) -> Policy {
    let leeway = if case["expect"] == "accept-with-leeway-60" {
        60
    } else {
        context["leeway_seconds"].as_u64().unwrap()
    };
    let allowed = match &case["allow_algs"] {
        Value::Null => &context["default_allow_algs"],
        some => some,
    };
    let allowed = list(allowed).iter().map(|name| text(name).parse().unwrap());
    Policy::id_token(text(&context["issuer"]), text(&context["client_id"]))
        .with_algorithms(allowed)
        .with_nonce(text(&context["nonce"]))
        .with_leeway(Leeway::new(Duration::from_secs(leeway)).unwrap())
}

/// Returns the expected result of the file; where the file leaves a choice, this crate's choice and
/// its reason.
fn expected(case: &Value) -> Result<(), Error> {
    let id = text(&case["id"]);
    match text(&case["expect"]) {
        "accept" | "accept-without-fetching" | "accept-without-overflow" => Ok(()),
        "accept-with-leeway-60" => Ok(()),
        // OpenID Connect Core section 10.1: "If there are multiple keys in the referenced JWK Set
        // document, a kid value MUST be provided"; of those that fit the algorithm there is one.
        "accept-or-reject-by-policy" => Ok(()),
        // OpenID Connect Core section 3.1.3.7 step 10: "The iat Claim can be used to reject"; how
        // old a token may be is said by exp.
        "reject-or-accept-by-policy" => Ok(()),
        // A number out of range is the last time there is.
        "reject-or-clamp" => Ok(()),
        "reject" | "reject-recommended" | "reject-with-zero-leeway" | "reject-when-required" => {
            let rule = REASONS.iter().find(|(prefix, _)| id.starts_with(prefix));
            Err(rule.unwrap_or_else(|| panic!("{id} has no reason")).1)
        }
        other => panic!("{id} expects {other}"),
    }
}

/// The reason why each is refused; the first prefix that fits counts.
const REASONS: &[(&str, Error)] = &[
    ("alg-none-two-parts", Error::NotCompact),
    ("alg-none", Error::UnsupportedAlgorithm),
    ("alg-missing", Error::InvalidHeader("alg")),
    ("alg-null", Error::InvalidHeader("alg")),
    ("alg-number", Error::InvalidHeader("alg")),
    ("alg-array", Error::InvalidHeader("alg")),
    ("alg-object", Error::InvalidHeader("alg")),
    ("alg-", Error::UnsupportedAlgorithm),
    ("hs-confusion", Error::AlgorithmNotAllowed),
    ("hs256-", Error::BadSignature),
    ("same-key-", Error::AlgorithmNotAllowed),
    ("es384-header", Error::UnknownKey),
    ("es256-with-rsa-kid", Error::UnknownKey),
    ("psychic-", Error::BadSignature),
    ("ecdsa-", Error::BadSignature),
    ("empty-signature", Error::BadSignature),
    ("embedded-", Error::BadSignature),
    ("kid-type", Error::InvalidHeader("kid")),
    ("kid-long", Error::TooLarge),
    ("kid-", Error::AlgorithmNotAllowed),
    ("crit-", Error::CriticalHeader),
    ("b64-false-without", Error::InvalidHeader("b64")),
    ("b64-", Error::CriticalHeader),
    ("dup-header", Error::DuplicateMember(Part::Header)),
    ("dup-claim", Error::DuplicateMember(Part::Payload)),
    ("format-padding", Error::Encoding(Part::Header)),
    ("format-crlf", Error::Encoding(Part::Header)),
    ("format-bearer", Error::Encoding(Part::Header)),
    ("format-space", Error::Encoding(Part::Payload)),
    ("format-nul", Error::Encoding(Part::Payload)),
    ("format-std", Error::Encoding(Part::Signature)),
    ("format-newline", Error::Encoding(Part::Signature)),
    ("format-trailing-bits", Error::Encoding(Part::Signature)),
    ("format-dots-only", Error::Json(Part::Header)),
    ("format-empty-header", Error::Json(Part::Header)),
    ("format-empty-payload", Error::BadSignature),
    ("format-", Error::NotCompact),
    ("header-json", Error::Json(Part::Header)),
    ("payload-json", Error::Json(Part::Payload)),
    ("claims-exp-past", Error::Expired),
    ("claims-exp-now", Error::Expired),
    ("claims-exp-negative", Error::Expired),
    ("claims-exp-missing", Error::MissingClaim("exp")),
    ("claims-exp-", Error::InvalidClaim("exp")),
    ("claims-nbf-future", Error::NotYetValid),
    ("claims-nbf-string", Error::InvalidClaim("nbf")),
    ("claims-iat-future", Error::NotYetValid),
    ("claims-iat-missing", Error::MissingClaim("iat")),
    ("claims-aud-missing", Error::MissingClaim("aud")),
    ("claims-aud-array-empty", Error::InvalidClaim("aud")),
    ("claims-aud-number", Error::InvalidClaim("aud")),
    ("claims-aud-object", Error::InvalidClaim("aud")),
    ("claims-aud-null", Error::InvalidClaim("aud")),
    ("claims-aud-nested", Error::InvalidClaim("aud")),
    ("claims-aud-", Error::WrongAudience),
    ("claims-azp-other", Error::WrongAuthorizedParty),
    ("claims-iss-array", Error::InvalidClaim("iss")),
    ("claims-iss-empty", Error::InvalidClaim("iss")),
    ("claims-iss-", Error::WrongIssuer),
    ("claims-sub-missing", Error::MissingClaim("sub")),
    ("claims-sub-", Error::InvalidClaim("sub")),
    ("claims-nonce-other", Error::WrongNonce),
    ("claims-nonce-missing", Error::MissingClaim("nonce")),
    ("claims-nonce-array", Error::InvalidClaim("nonce")),
    ("claims-typ-", Error::WrongType),
    ("claims-events", Error::InvalidClaim("events")),
    ("json-", Error::NotCompact),
];
