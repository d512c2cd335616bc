//! The claims of a verified token, as handlers see them.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use grantor_core::{Introspection, Scope, Timestamp};
use grantor_jose::jwt;
use serde_json::{Map, Value};

use crate::VerifyError;

/// A verified access token: its claims, not the token itself.
///
/// [`protect`](crate::protect) puts it in the extensions of the request. Cheap to clone.
#[derive(Clone, PartialEq)]
pub struct AccessToken(Arc<Claims>);

/// The claims of an access token (RFC 9068 section 2.2, RFC 7662 section 2.2).
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Claims {
    /// The issuer. A JWT always has one.
    pub issuer: Option<String>,
    /// The user for whom the client acts, or the client itself.
    pub subject: Option<String>,
    /// The client that the token was issued to.
    pub client_id: Option<String>,
    /// The scope.
    pub scope: Scope,
    /// The resources that it is for. Empty if an introspection leaves them out.
    pub audiences: Vec<String>,
    /// When it expires. None if an introspection leaves it out.
    pub expires_at: Option<Timestamp>,
    /// When it was issued.
    pub issued_at: Option<Timestamp>,
    /// Its identifier, `jti`.
    pub token_id: Option<String>,
    /// All other claims, unchanged.
    pub other: Map<String, Value>,
}

impl Claims {
    pub(crate) fn from_jwt(mut claims: jwt::Claims) -> Result<Self, VerifyError> {
        let scope = match claims.other.remove("scope") {
            None => Scope::default(),
            Some(Value::String(text)) => {
                Scope::parse(&text).map_err(|_| VerifyError::InvalidScope)?
            }
            Some(_) => return Err(VerifyError::InvalidScope),
        };
        let client_id = match claims.other.remove("client_id") {
            Some(Value::String(client_id)) => Some(client_id),
            _ => None,
        };
        Ok(Self {
            issuer: claims.issuer,
            subject: claims.subject,
            client_id,
            scope,
            audiences: claims.audiences,
            expires_at: claims.expires_at,
            issued_at: claims.issued_at,
            token_id: claims.jwt_id,
            other: claims.other,
        })
    }

    pub(crate) fn from_introspection(answer: Introspection) -> Self {
        Self {
            issuer: answer.iss,
            subject: answer.sub,
            client_id: answer.client_id,
            scope: answer.scope.unwrap_or_default(),
            audiences: answer.aud,
            expires_at: answer.exp.map(Timestamp::from_secs),
            issued_at: answer.iat.map(Timestamp::from_secs),
            token_id: answer.jti,
            other: answer.extra,
        }
    }
}

impl From<Claims> for AccessToken {
    fn from(claims: Claims) -> Self {
        Self(Arc::new(claims))
    }
}

impl Deref for AccessToken {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccessToken").field(&self.0).finish()
    }
}

impl fmt::Debug for Claims {
    /// Leaves out the claims that identify the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("scope", &self.scope)
            .field("audiences", &self.audiences)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
