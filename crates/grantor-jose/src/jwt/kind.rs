//! The kinds of tokens, and the features that distinguish them (RFC 8725 section 3.12).
//!
//! | kind | `typ` | only it has | it never has |
//! |---|---|---|---|
//! | access token | `at+jwt` | | |
//! | ID Token | none or `JWT` | | `events` |
//! | client assertion | `client-authentication+jwt`, `JWT` or none | `iss` and `sub` are the client | `events` |
//! | authorization grant | `JWT` or none | | `events`, `nonce`, `azp`, a `sub` that is the issuer |
//! | identity assertion | `oauth-id-jag+jwt` | `client_id` | |
//! | Logout Token | `logout+jwt`, `JWT` or none | `events` | `nonce` |
//! | Request Object | `oauth-authz-req+jwt`, `JWT` or none | `iss` and `client_id` are the client | `events`, a `sub` that is the client |
//! | authorization response | `JWT` or none | | `sub`, `client_id`, `events` |
//! | introspection | `token-introspection+jwt` | `token_introspection` | `sub`, `exp` |

use serde_json::Value;

use super::{Claims, Policy, Typ};
use crate::Error;

pub(super) struct Kind {
    pub(super) typ: Typ,
    /// True if `typ` may be absent or `JWT`.
    pub(super) may_be_untyped: bool,
    pub(super) required: &'static [&'static str],
    pub(super) forbidden: &'static [&'static str],
    /// True if the token may have no audience beside the one.
    pub(super) sole_audience: bool,
    pub(super) check: fn(&Policy, &Claims) -> Result<(), Error>,
}

fn check_id_token(policy: &Policy, claims: &Claims) -> Result<(), Error> {
    // OpenID Connect Core section 2: sub "MUST NOT exceed 255 ASCII characters in length".
    let subject = claims.subject.as_deref();
    if subject.is_some_and(|subject| subject.len() > 255 || !subject.is_ascii()) {
        return Err(Error::InvalidClaim("sub"));
    }
    // Section 3.1.3.7 step 3: rejected "if it contains additional audiences not trusted by the
    // Client".
    if !claims.audiences.iter().all(|one| policy.is_trusted(one)) {
        return Err(Error::WrongAudience);
    }
    // Errata set 2 leaves `azp` to extensions; a party that is unknown here is refused.
    let party = claims.text("azp")?;
    if party.is_some_and(|party| !policy.is_trusted(party)) {
        return Err(Error::WrongAuthorizedParty);
    }
    policy.check_nonce(claims)
}

fn check_access_token(_: &Policy, claims: &Claims) -> Result<(), Error> {
    if claims.text("client_id")? == Some("") {
        return Err(Error::InvalidClaim("client_id"));
    }
    Ok(())
}

pub(super) const ACCESS_TOKEN: Kind = Kind {
    typ: Typ::ACCESS_TOKEN,
    // RFC 9068 section 4: "reject tokens carrying any other "typ" value".
    may_be_untyped: false,
    // Section 2.2.
    required: &["iss", "exp", "aud", "sub", "client_id", "iat", "jti"],
    forbidden: &[],
    sole_audience: false,
    check: check_access_token,
};

pub(super) const ID_TOKEN: Kind = Kind {
    typ: Typ::JWT,
    may_be_untyped: true,
    // OpenID Connect Core section 2.
    required: &["iss", "sub", "aud", "exp", "iat"],
    // A Logout Token, whose `typ` is optional too, always has `events` (OpenID Connect
    // Back-Channel Logout section 2.4).
    forbidden: &["events"],
    sole_audience: false,
    check: check_id_token,
};

pub(super) const CLIENT_ASSERTION: Kind = Kind {
    typ: Typ::CLIENT_ASSERTION,
    // draft-ietf-oauth-rfc7523bis section 4: "it is NOT RECOMMENDED for servers to reject" those
    // without.
    may_be_untyped: true,
    // OpenID Connect Core section 9.
    required: &["iss", "sub", "aud", "jti", "exp"],
    forbidden: &["events"],
    sole_audience: true,
    check: check_client_assertion,
};

/// RFC 7523 section 3: issuer and subject are the client.
fn check_client_assertion(policy: &Policy, claims: &Claims) -> Result<(), Error> {
    if claims.subject.as_ref() == Some(&policy.issuer) {
        Ok(())
    } else {
        Err(Error::InvalidClaim("sub"))
    }
}

pub(super) const AUTHORIZATION_GRANT: Kind = Kind {
    typ: Typ::JWT,
    // RFC 7523 section 3 gives it no type.
    may_be_untyped: true,
    // Without "jti" nobody could tell that it is used twice.
    required: &["iss", "sub", "aud", "exp", "jti"],
    // An ID Token or a Logout Token of the same issuer.
    forbidden: &["events", "nonce", "azp"],
    sole_audience: true,
    check: check_authorization_grant,
};

/// A client assertion has the same issuer and subject.
fn check_authorization_grant(policy: &Policy, claims: &Claims) -> Result<(), Error> {
    if claims.subject.as_ref() == Some(&policy.issuer) {
        Err(Error::InvalidClaim("sub"))
    } else {
        Ok(())
    }
}

pub(super) const IDENTITY_ASSERTION: Kind = Kind {
    typ: Typ::IDENTITY_ASSERTION,
    // draft-ietf-oauth-identity-assertion-authz-grant section 4.4.1.
    may_be_untyped: false,
    // Section 3.
    required: &["iss", "sub", "aud", "client_id", "jti", "exp", "iat"],
    forbidden: &[],
    // Section 4.4.1: an array "MUST contain exactly one element".
    sole_audience: true,
    check: check_access_token,
};

pub(super) const LOGOUT_TOKEN: Kind = Kind {
    typ: Typ::LOGOUT_TOKEN,
    // OpenID Connect Back-Channel Logout section 2.4: explicit typing is "RECOMMENDED".
    may_be_untyped: true,
    required: &["iss", "aud", "iat", "exp", "jti", "events"],
    forbidden: &["nonce"],
    sole_audience: false,
    check: check_logout_token,
};

fn check_logout_token(policy: &Policy, claims: &Claims) -> Result<(), Error> {
    let event = claims
        .other
        .get("events")
        .and_then(|events| events.get(LOGOUT_EVENT));
    if !event.is_some_and(Value::is_object) {
        return Err(Error::InvalidClaim("events"));
    }
    if !claims.audiences.iter().all(|one| policy.is_trusted(one)) {
        return Err(Error::WrongAudience);
    }
    match claims.text("sid")? {
        Some("") => Err(Error::InvalidClaim("sid")),
        None if claims.subject.is_none() => Err(Error::MissingClaim("sub")),
        _ => Ok(()),
    }
}

/// OpenID Connect Back-Channel Logout section 2.4.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

pub(super) const REQUEST_OBJECT: Kind = Kind {
    typ: Typ::REQUEST_OBJECT,
    // RFC 9101 section 10.8: requiring the type "would break existing clients".
    may_be_untyped: true,
    // Section 4 says "SHOULD" of "iss" and "aud".
    required: &["iss", "aud", "client_id"],
    // Section 4: "MUST NOT be included in Request Objects".
    forbidden: &["request", "request_uri", "events"],
    sole_audience: false,
    check: check_request_object,
};

/// RFC 9101 section 6.3 on `client_id`; section 10.8 on `sub`.
fn check_request_object(policy: &Policy, claims: &Claims) -> Result<(), Error> {
    if claims.text("client_id")? != Some(&policy.issuer) {
        return Err(Error::InvalidClaim("client_id"));
    }
    if claims.subject.as_ref() == Some(&policy.issuer) {
        return Err(Error::InvalidClaim("sub"));
    }
    Ok(())
}

pub(super) const AUTHORIZATION_RESPONSE: Kind = Kind {
    typ: Typ::JWT,
    may_be_untyped: true,
    // JARM section 2.1.
    required: &["iss", "aud", "exp"],
    // None is a parameter of a response; the first is in every other kind without a type.
    forbidden: &["sub", "client_id", "events"],
    sole_audience: true,
    check: |_, _| Ok(()),
};

pub(super) const INTROSPECTION: Kind = Kind {
    typ: Typ::INTROSPECTION,
    may_be_untyped: false,
    // RFC 9701 section 5.
    required: &["iss", "aud", "iat", "token_introspection"],
    // "The JWT SHOULD NOT include the sub and exp claims".
    forbidden: &["sub", "exp"],
    sole_audience: false,
    check: check_introspection,
};

fn check_introspection(_: &Policy, claims: &Claims) -> Result<(), Error> {
    let answer = claims.other.get("token_introspection");
    let active = answer.and_then(|answer| answer.get("active"));
    if active.is_some_and(Value::is_boolean) {
        Ok(())
    } else {
        Err(Error::InvalidClaim("token_introspection"))
    }
}
