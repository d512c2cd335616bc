//! The ID token of a renewal beside that of the login (OpenID Connect Core section 12.2).

use grantor_jose::jwt::{Claims, unverified_claims};

use super::InvalidIdToken;
use super::tokens::is_encrypted;

/// Compares the ID token that came with a renewal with that of the login, `first`. Both came over TLS
/// from the token endpoint, so no signature is verified (OpenID Connect Core section 3.1.3.7 step 6), and
/// a renewal needs no keys. Tokens that are encrypted are not compared.
///
/// # Errors
/// Issuer, subject, audience, time of authentication or authorized party changed.
pub fn check_renewed_id_token(renewed: &str, first: &str) -> Result<(), InvalidIdToken> {
    if is_encrypted(renewed) || is_encrypted(first) {
        return Ok(());
    }
    compare(&unverified_claims(renewed)?, &unverified_claims(first)?)
}

fn compare(new: &Claims, old: &Claims) -> Result<(), InvalidIdToken> {
    let same_party = match (new.text("azp")?, old.text("azp")?) {
        (None, _) => true,
        (new, old) => new == old,
    };
    let same_time = match (new.time("auth_time")?, old.time("auth_time")?) {
        (Some(new), Some(old)) => new == old,
        _ => true,
    };
    let audience = |it| new.audiences.contains(it);
    for (name, holds) in [
        ("iss", new.issuer == old.issuer),
        ("sub", new.subject == old.subject),
        ("aud", old.audiences.iter().all(audience)),
        ("auth_time", same_time),
        ("azp", same_party),
    ] {
        if !holds {
            return Err(InvalidIdToken::Changed(name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use grantor_jose::jwt::{Typ, sign};
    use grantor_jose::{Algorithm, Key};
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_renewal_is_of_the_same_user() {
        let key = Key::generate(Algorithm::EdDsa).unwrap();
        let signed = |claims: &Value| sign(&key, Typ::JWT, claims).unwrap();
        let first = json!({
            "iss": "https://idp.example", "sub": "ann", "aud": ["app"], "auth_time": 1, "nonce": "n",
        });
        let check = |renewed: &Value| check_renewed_id_token(&signed(renewed), &signed(&first));
        let same = json!({"iss": "https://idp.example", "sub": "ann", "aud": "app", "iat": 5});
        assert_eq!(check(&same), Ok(()));
        for (name, value) in [
            ("iss", json!("https://evil.example")),
            ("sub", json!("bob")),
            ("aud", json!("other")),
            ("auth_time", json!(2)),
            ("azp", json!("app")),
        ] {
            let mut changed = same.clone();
            changed[name] = value;
            assert_eq!(check(&changed), Err(InvalidIdToken::Changed(name)));
        }
        let missing = json!({"iss": "https://idp.example", "aud": "app"});
        assert_eq!(check(&missing), Err(InvalidIdToken::Changed("sub")));
        assert!(check_renewed_id_token("x", &signed(&first)).is_err());
        assert_eq!(check_renewed_id_token("a.b.c.d.e", &signed(&first)), Ok(()));
    }
}
