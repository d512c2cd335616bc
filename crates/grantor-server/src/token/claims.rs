use grantor_core::{Scope, Timestamp};
use grantor_jose::jwt;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Anchor;
use crate::identifier::Identifier;

/// The claims of a JWT access token as they are written (RFC 9068 section 2.2).
#[derive(Serialize)]
pub(super) struct AccessTokenClaims<'a> {
    pub(super) iss: &'a str,
    pub(super) sub: &'a str,
    pub(super) aud: Audience<'a>,
    pub(super) client_id: &'a str,
    pub(super) exp: i64,
    pub(super) iat: i64,
    pub(super) jti: Identifier,
    #[serde(skip_serializing_if = "Scope::is_empty")]
    pub(super) scope: &'a Scope,
    pub(super) anchor: Anchor,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Audience<'a> {
    One(&'a str),
    Many(&'a [String]),
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
    pub(super) anchor: Anchor,
}

impl ReadClaims {
    /// Of a verified JWT; none if one that this server always writes is missing.
    pub(super) fn of_jwt(claims: jwt::Claims) -> Option<Self> {
        let member = |name: &str| claims.other.get(name);
        let text = |name: &str| member(name).and_then(|v| v.as_str()).map(str::to_owned);
        Some(Self {
            client_id: text("client_id")?,
            anchor: serde_json::from_value(member("anchor")?.clone()).ok()?,
            scope: text("scope").and_then(|scope| scope.parse().ok()),
            issuer: claims.issuer?,
            subject: claims.subject?,
            audience: claims.audiences,
            expires_at: claims.expires_at?,
            issued_at: claims.issued_at,
            id: claims.jwt_id?,
        })
    }

    /// As a format of the application's gives them.
    pub(super) fn of_map(claims: Map<String, Value>) -> Option<Self> {
        #[derive(Deserialize)]
        struct Wire {
            iss: String,
            sub: String,
            aud: WireAudience,
            client_id: String,
            exp: i64,
            iat: Option<i64>,
            jti: String,
            scope: Option<String>,
            anchor: Anchor,
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
                WireAudience::One(one) => vec![one],
                WireAudience::Many(many) => many,
            },
            client_id: wire.client_id,
            expires_at: Timestamp::from_secs(wire.exp),
            issued_at: wire.iat.map(Timestamp::from_secs),
            id: wire.jti,
            scope: wire.scope.and_then(|scope| scope.parse().ok()),
            anchor: wire.anchor,
        })
    }
}
