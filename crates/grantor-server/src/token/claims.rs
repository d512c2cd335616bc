//! The claims of JWT access tokens.

use grantor_core::{Scope, Timestamp};
use grantor_jose::{ObjectWriter, jwt};
use serde::Deserialize;
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
        let mut other = claims.other;
        let client_id = other.remove("client_id")?;
        let scope = other.remove("scope");
        let confirmation = other.remove("cnf");
        let thumbprint = confirmation
            .as_ref()
            .and_then(|cnf| cnf.get("jkt")?.as_str());
        Some(Self {
            client_id: client_id.as_str()?.to_owned(),
            anchor: serde_json::from_value(other.remove("anchor")?).ok()?,
            scope: scope.and_then(|scope| scope.as_str()?.parse().ok()),
            dpop_jkt: thumbprint.map(str::to_owned),
            other,
            issuer: claims.issuer?,
            subject: claims.subject?,
            audience: claims.audiences,
            expires_at: claims.expires_at?,
            issued_at: claims.issued_at,
            id: claims.jwt_id?,
        })
    }

    /// Reads the claims that a token format of the application gives.
    pub(super) fn of_map(claims: Map<String, Value>) -> Option<Self> {
        #[derive(Deserialize)]
        struct Wire {
            iss: String,
            sub: String,
            aud: Option<WireAudience>,
            client_id: String,
            exp: i64,
            iat: Option<i64>,
            jti: String,
            scope: Option<String>,
            cnf: Option<WireConfirmation>,
            anchor: Anchor,
            #[serde(flatten)]
            other: Map<String, Value>,
        }
        #[derive(Deserialize)]
        struct WireConfirmation {
            jkt: String,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum WireAudience {
            One(String),
            Many(Vec<String>),
        }
        let wire: Wire = serde_json::from_value(Value::Object(claims)).ok()?;
        Some(Self {
            issuer: wire.iss,
            subject: wire.sub,
            audience: match wire.aud {
                None => Vec::new(),
                Some(WireAudience::One(one)) => vec![one],
                Some(WireAudience::Many(many)) => many,
            },
            client_id: wire.client_id,
            expires_at: Timestamp::from_secs(wire.exp),
            issued_at: wire.iat.map(Timestamp::from_secs),
            id: wire.jti,
            scope: wire.scope.and_then(|scope| scope.parse().ok()),
            dpop_jkt: wire.cnf.map(|cnf| cnf.jkt),
            anchor: wire.anchor,
            other: wire.other,
        })
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
