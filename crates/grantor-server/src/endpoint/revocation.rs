//! Revocation (RFC 7009).

use grantor_core::{ErrorCode, Params, RevocationRequest};
use grantor_store::Versioned;
use http::HeaderMap;

use crate::counters::count;
use crate::grant::RefreshTokenText;
use crate::server::Inner;
use crate::token::{Opaque, OpaqueKind, RevokedRecord};
use crate::{Client, Error};

impl Inner {
    /// Gives a token up. A token that is unknown is given up already (RFC 7009 section 2.2).
    pub(crate) async fn revoke(
        &self,
        headers: &HeaderMap,
        params: &Params<'_>,
    ) -> Result<(), Error> {
        count(&self.counters.revocation_requests);
        let caller = self.authenticate(headers, params).await?;
        let request = RevocationRequest::from_params(params)
            .ok_or_else(|| Error::refused(ErrorCode::InvalidRequest, "\"token\" is missing"))?;
        let token = request.token.expose();
        // The form of a token says what it is, so the hint is not needed.
        if let Some(presented) = RefreshTokenText::parse(token) {
            return self.revoke_refresh_token(&caller, &presented).await;
        }
        if let Some(opaque) = Opaque::parse(OpaqueKind::AccessToken, token) {
            return self.revoke_opaque(&caller, &opaque).await;
        }
        self.revoke_jwt(&caller, token).await
    }

    /// Any genuine generation ends the grant, and with it every token of it.
    async fn revoke_refresh_token(
        &self,
        caller: &Client,
        presented: &RefreshTokenText,
    ) -> Result<(), Error> {
        let Some(grant) = self.genuine_refresh_token(presented).await? else {
            return Ok(());
        };
        own(caller, &grant.client_id)?;
        self.end_grant(presented.claims.grant, "revoked by the client")
            .await
    }

    async fn revoke_opaque(&self, caller: &Client, token: &Opaque) -> Result<(), Error> {
        let key = self.access_tokens.key(token.id.as_bytes());
        match self.access_tokens.get(&key).await? {
            Some(Versioned { record, .. }) if token.matches(&record.hash) => {
                own(caller, &record.client_id)?;
                self.access_tokens.remove(&key).await?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn revoke_jwt(&self, caller: &Client, token: &str) -> Result<(), Error> {
        let Some(claims) = self.verify_own_jwt(token) else {
            return Ok(());
        };
        let client_id = claims.other.get("client_id").and_then(|v| v.as_str());
        own(caller, client_id.unwrap_or_default())?;
        if let (Some(jti), Some(expires_at)) = (claims.jwt_id, claims.expires_at) {
            let key = self.revoked.key_of_name(&jti);
            let record = RevokedRecord {
                expires_at: expires_at + self.config.max_clock_skew * 2,
            };
            self.revoked.overwrite(&key, &record).await?;
        }
        Ok(())
    }
}

/// RFC 7009 section 2.1: the token must have been issued to the client that revokes it.
fn own(caller: &Client, client_id: &str) -> Result<(), Error> {
    if caller.id == client_id {
        return Ok(());
    }
    let description = "the token was issued to another client";
    Err(Error::refused(ErrorCode::UnauthorizedClient, description))
}
