//! The claims of JWT access tokens.

use grantor_core::{Scope, Timestamp};
use grantor_jose::{ObjectWriter, jwt};
use serde_json::{Map, Value};

use super::Anchor;
use crate::error::Error;
use crate::identifier::Identifier;

/// The claims of a JWT access token as they are written (RFC 9068 section 2.2).
pub(super) struct AccessTokenClaims<'a> {
    pub(super) iss: &'a str,
    pub(super) sub: &'a str,
    pub(super) aud: &'a [String],
    pub(super) client_id: &'a str,
    pub(super) exp: i64,
    pub(super) iat: i64,
    pub(super) jti: Identifier,
    pub(super) scope: &'a Scope,
    /// The thumbprint in `cnf` (RFC 9449 section 6.1).
    pub(super) dpop_jkt: Option<&'a str>,
    pub(super) anchor: Anchor,
    /// Further ones, none of which has a name of the others.
    pub(super) other: &'a Map<String, Value>,
}

/// The claims that the server writes itself, or that would change what a token is.
const RESERVED: [&str; 13] = [
    "active",
    "anchor",
    "aud",
    "client_id",
    "cnf",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "scope",
    "sub",
    "token_type",
];

/// Holds claims of a grant type or a site to names that are not the server's.
pub(super) fn check_names(claims: &Map<String, Value>) -> Result<(), Error> {
    // Most tokens have no further claims.
    if claims.is_empty() {
        return Ok(());
    }
    let reserved = RESERVED.iter().find(|name| claims.contains_key(**name));
    reserved.map_or(Ok(()), |name| {
        Err(Error::Internal(format!(
            "a grant type or the site sets the claim \"{name}\", which is the server's own"
        )))
    })
}

impl AccessTokenClaims<'_> {
    /// The text of a JSON object.
    pub(super) fn to_json(&self) -> String {
        let mut claims = ObjectWriter::with_capacity(TYPICAL_BYTES);
        claims.text("iss", self.iss);
        claims.text("sub", self.sub);
        claims.one_or_many("aud", self.aud);
        claims.text("client_id", self.client_id);
        claims.number("exp", self.exp);
        claims.number("iat", self.iat);
        claims.text("jti", &String::from(self.jti));
        if !self.scope.is_empty() {
            claims.text("scope", self.scope.as_str());
        }
        if let Some(thumbprint) = self.dpop_jkt {
            claims.object("cnf", |cnf| cnf.text("jkt", thumbprint));
        }
        claims.object("anchor", |claim| self.anchor.write(claim));
        for (name, value) in self.other {
            claims.value(name, value);
        }
        claims.finish()
    }
}

/// The claims of a token that says everything itself, as they were read.
pub(super) struct ReadClaims {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) audience: Vec<String>,
    pub(super) client_id: String,
    pub(super) expires_at: Timestamp,
    pub(super) issued_at: Option<Timestamp>,
    pub(super) id: String,
    pub(super) scope: Option<Scope>,
    pub(super) dpop_jkt: Option<String>,
    pub(super) anchor: Anchor,
    pub(super) other: Map<String, Value>,
}

impl ReadClaims {
    /// Of a verified JWT; none if one that this server always writes is missing.
    pub(super) fn of_jwt(claims: jwt::Claims) -> Option<Self> {
        let other = OtherClaims::take(claims.other)?;
        Some(Self {
            issuer: claims.issuer?,
            subject: claims.subject?,
            audience: claims.audiences,
            client_id: other.client_id,
            expires_at: claims.expires_at?,
            issued_at: claims.issued_at,
            id: claims.jwt_id?,
            scope: other.scope,
            dpop_jkt: other.dpop_jkt,
            anchor: other.anchor,
            other: other.left,
        })
    }

    /// Reads the claims that a token format of the application gives.
    pub(super) fn of_map(mut claims: Map<String, Value>) -> Option<Self> {
        let audience = match claims.remove("aud") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(many)) => many.into_iter().map(text).collect::<Option<_>>()?,
            Some(one) => vec![text(one)?],
        };
        let [issuer, subject, id] =
            ["iss", "sub", "jti"].map(|name| claims.remove(name).and_then(text));
        let expires_at = claims.remove("exp").and_then(|at| at.as_i64());
        let issued_at = match claims.remove("iat") {
            None | Some(Value::Null) => None,
            Some(at) => Some(Timestamp::from_secs(at.as_i64()?)),
        };
        let other = OtherClaims::take(claims)?;
        Some(Self {
            issuer: issuer?,
            subject: subject?,
            audience,
            client_id: other.client_id,
            expires_at: Timestamp::from_secs(expires_at?),
            issued_at,
            id: id?,
            scope: other.scope,
            dpop_jkt: other.dpop_jkt,
            anchor: other.anchor,
            other: other.left,
        })
    }
}

/// The claims that are not registered by RFC 7519.
struct OtherClaims {
    client_id: String,
    scope: Option<Scope>,
    dpop_jkt: Option<String>,
    anchor: Anchor,
    /// Those that the server does not write itself.
    left: Map<String, Value>,
}

impl OtherClaims {
    fn take(mut claims: Map<String, Value>) -> Option<Self> {
        let scope = match claims.remove("scope") {
            None | Some(Value::Null) => None,
            Some(scope) => Some(Scope::parse(scope.as_str()?).ok()?),
        };
        // A token that is bound to something else must not pass for one that is bound to nothing.
        let dpop_jkt = match claims.remove("cnf") {
            None | Some(Value::Null) => None,
            Some(confirmation) => Some(confirmation.get("jkt")?.as_str()?.to_owned()),
        };
        Some(Self {
            client_id: text(claims.remove("client_id")?)?,
            scope,
            dpop_jkt,
            anchor: Anchor::read(&claims.remove("anchor")?)?,
            left: claims,
        })
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Room for most claims.
const TYPICAL_BYTES: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Parent, ParentToken};

    #[test]
    fn the_server_s_own_claims_are_reserved() {
        for name in RESERVED {
            let mut claims = Map::new();
            claims.insert(name.to_owned(), 1.into());
            let told = check_names(&claims).unwrap_err().to_string();
            assert!(told.contains(name), "{told}");
        }
        let mut claims = Map::new();
        for name in ["act", "may_act", "tenant"] {
            claims.insert(name.to_owned(), 1.into());
        }
        check_names(&claims).unwrap();
    }

    #[test]
    fn claims_that_were_written_are_read() {
        let jti = Identifier::from_bytes([1; 16]);
        let (none, one, many) = ([], ["a".to_owned()], ["a".to_owned(), "b".to_owned()]);
        let scopes = [Scope::default(), Scope::parse("read").unwrap()];
        let anchors = [
            Anchor::Grant(Identifier::from_bytes([2; 16])),
            Anchor::Client("1".to_owned()),
            Anchor::ClientAndSubject {
                client: "1".to_owned(),
                subject: "2".to_owned(),
            },
            Anchor::Token {
                client: "1".to_owned(),
                parent: Box::new(Parent {
                    token: ParentToken::Jwt("x".to_owned()),
                    client_id: "other".to_owned(),
                    subject: Some("ada".to_owned()),
                    anchor: Anchor::Client("2".to_owned()),
                }),
            },
        ];
        let mut other = Map::new();
        other.insert("tenant".to_owned(), "a".into());
        for aud in [none.as_slice(), &one, &many] {
            for scope in &scopes {
                for anchor in &anchors {
                    let claims = AccessTokenClaims {
                        iss: "https://id.example",
                        sub: "a\"da",
                        aud,
                        client_id: "app",
                        exp: 1_760_000_300,
                        iat: 1_760_000_000,
                        jti,
                        scope,
                        dpop_jkt: (!aud.is_empty()).then_some("thumbprint"),
                        anchor: anchor.clone(),
                        other: &other,
                    };
                    let map = serde_json::from_str(&claims.to_json()).unwrap();
                    let read = ReadClaims::of_map(map).unwrap();
                    assert_eq!(read.issuer, claims.iss);
                    assert_eq!(read.subject, claims.sub);
                    assert_eq!(read.audience, aud);
                    assert_eq!(read.client_id, claims.client_id);
                    assert_eq!(read.expires_at.as_secs(), claims.exp);
                    assert_eq!(read.issued_at.map(Timestamp::as_secs), Some(claims.iat));
                    assert_eq!(read.id, jti.to_string());
                    assert_eq!(read.scope.unwrap_or_default(), *scope);
                    assert_eq!(read.dpop_jkt.as_deref(), claims.dpop_jkt);
                    assert_eq!(read.anchor, *anchor);
                    assert_eq!(read.other, other);
                }
            }
        }
    }
}
