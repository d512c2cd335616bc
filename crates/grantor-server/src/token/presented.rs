//! Access tokens that clients present for other tokens.

use grantor_core::{Scope, Timestamp};
use serde_json::{Map, Value};

use super::{Anchor, Parent, ParentToken, Tokens};
use crate::error::Error;

/// An access token of this server that a client presents for another one. It is valid.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PresentedToken {
    /// The client that it was issued to.
    pub client_id: String,
    /// The user for whom that client acts; none if the token is the client's own.
    pub subject: Option<String>,
    /// Its scope.
    pub scope: Scope,
    /// Where it is accepted.
    pub audience: Vec<String>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The thumbprint of the key that it is bound to. The client proved that key too.
    pub dpop_jkt: Option<String>,
    /// Its further claims.
    pub claims: Map<String, Value>,
    sub: String,
    token: ParentToken,
    anchor: Anchor,
}

impl PresentedToken {
    /// Its `sub`: the user, or the client itself.
    #[must_use]
    pub fn sub(&self) -> &str {
        &self.sub
    }

    /// The thing that a token depends on that is issued in exchange for it.
    pub(crate) fn as_parent(&self) -> Parent {
        Parent {
            token: self.token.clone(),
            client_id: self.client_id.clone(),
            subject: self.subject.clone(),
            anchor: self.anchor.clone(),
        }
    }
}

impl Tokens {
    /// An access token that is valid now; none for any other text.
    pub(crate) async fn present(&self, token: &str) -> Result<Option<PresentedToken>, Error> {
        if let Some((id, mut record)) = self.opaque(token).await? {
            let anchor = record.take_anchor();
            let (client_id, subject) = (&record.client_id, record.subject.as_deref());
            if !self.is_current(None, client_id, subject, &anchor).await? {
                return Ok(None);
            }
            return Ok(Some(PresentedToken {
                sub: subject.unwrap_or(client_id).to_owned(),
                subject: record.subject.filter(|_| anchor.is_of_user()),
                token: ParentToken::Opaque(id),
                client_id: record.client_id,
                scope: record.scope,
                audience: record.audience,
                expires_at: record.expires_at,
                dpop_jkt: record.dpop_jkt,
                claims: record.claims,
                anchor,
            }));
        }
        let Some(claims) = self.verify_self_contained(token).await? else {
            return Ok(None);
        };
        if !self.is_valid(&claims, None).await? {
            return Ok(None);
        }
        let of_user = claims.anchor.is_of_user();
        Ok(Some(PresentedToken {
            token: ParentToken::Jwt(claims.id),
            client_id: claims.client_id,
            subject: of_user.then(|| claims.subject.clone()),
            sub: claims.subject,
            scope: claims.scope.unwrap_or_default(),
            audience: claims.audience,
            expires_at: claims.expires_at,
            dpop_jkt: claims.dpop_jkt,
            claims: claims.other,
            anchor: claims.anchor,
        }))
    }
}
