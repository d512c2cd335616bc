//! Introspection (RFC 7662).

use grantor_core::{ErrorCode, Introspection, IntrospectionRequest, Params, Timestamp};
use grantor_jose::jwt::{self, Policy};
use grantor_store::Versioned;
use http::HeaderMap;

use crate::counters::count;
use crate::grant::{GrantRecord, GrantState, RefreshTokenText};
use crate::server::Inner;
use crate::token::AnchorClaim;
use crate::token::{Opaque, OpaqueKind};
use crate::{Client, Error};

impl Inner {
    pub(crate) async fn introspect(
        &self,
        headers: &HeaderMap,
        params: &Params<'_>,
    ) -> Result<Introspection, Error> {
        count(&self.counters.introspection_requests);
        let caller = self.authenticate(headers, params).await?;
        if caller.public {
            let description = "a public client can't introspect: anybody could be it";
            return Err(Error::refused(ErrorCode::InvalidClient, description));
        }
        let query = IntrospectionRequest::from_params(params)
            .ok_or_else(|| Error::refused(ErrorCode::InvalidRequest, "\"token\" is missing"))?;
        let token = query.token.expose();
        let answer = match RefreshTokenText::parse(token) {
            Some(presented) => self.inspect_refresh_token(&presented).await?,
            None => self.inspect_access_token(token).await?,
        };
        Ok(if may_see(&caller, &answer) {
            answer
        } else {
            Introspection::inactive()
        })
    }

    /// What an access token is worth, whoever asks.
    pub(crate) async fn inspect_access_token(&self, token: &str) -> Result<Introspection, Error> {
        if let Some(opaque) = Opaque::parse(OpaqueKind::AccessToken, token) {
            return self.inspect_opaque(&opaque).await;
        }
        if token.contains('.') {
            return self.inspect_jwt(token).await;
        }
        Ok(Introspection::inactive())
    }

    async fn inspect_opaque(&self, token: &Opaque) -> Result<Introspection, Error> {
        let key = self.access_tokens.key(token.id.as_bytes());
        let Some(Versioned { record, .. }) = self.access_tokens.get(&key).await? else {
            return Ok(Introspection::inactive());
        };
        if !token.matches(&record.hash) {
            return Ok(Introspection::inactive());
        }
        let client = record.client_epoch;
        let anchor = match (record.grant, record.subject_epoch) {
            (Some(grant), _) => AnchorClaim::Grant(grant),
            (None, Some(subject)) => AnchorClaim::ClientAndSubject { client, subject },
            (None, None) => AnchorClaim::Client(client),
        };
        let subject = record.subject.as_deref();
        if !self.stands(&record.client_id, subject, &anchor).await? {
            return Ok(Introspection::inactive());
        }
        Ok(Introspection {
            active: true,
            scope: (!record.scope.is_empty()).then_some(record.scope),
            sub: Some(record.subject.unwrap_or_else(|| record.client_id.clone())),
            client_id: Some(record.client_id),
            token_type: Some("Bearer".to_owned()),
            exp: Some(record.expires_at.as_secs()),
            iat: Some(record.issued_at.as_secs()),
            aud: record.audience,
            iss: Some(self.config.issuer.to_string()),
            ..Introspection::default()
        })
    }

    async fn inspect_jwt(&self, token: &str) -> Result<Introspection, Error> {
        let Some(claims) = self.verify_own_jwt(token) else {
            return Ok(Introspection::inactive());
        };
        let member = |name: &str| claims.other.get(name);
        let text = |name: &str| member(name).and_then(|v| v.as_str()).map(str::to_owned);
        let anchor = member("anchor").cloned();
        let anchor = anchor.and_then(|value| serde_json::from_value(value).ok());
        let (Some(anchor), Some(client_id)) = (anchor, text("client_id")) else {
            return Ok(Introspection::inactive());
        };
        let jti = claims.jwt_id.clone().unwrap_or_default();
        let revoked = self.revoked.get(&self.revoked.key_of_name(&jti)).await?;
        let subject = claims.subject.as_deref();
        if revoked.is_some() || !self.stands(&client_id, subject, &anchor).await? {
            return Ok(Introspection::inactive());
        }
        Ok(Introspection {
            active: true,
            scope: text("scope").and_then(|scope| scope.parse().ok()),
            client_id: Some(client_id),
            token_type: Some("Bearer".to_owned()),
            exp: claims.expires_at.map(Timestamp::as_secs),
            iat: claims.issued_at.map(Timestamp::as_secs),
            sub: claims.subject,
            aud: claims.audiences,
            iss: claims.issuer,
            jti: claims.jwt_id,
            ..Introspection::default()
        })
    }

    /// The claims of an access token that this server signed and that has not expired, whatever its
    /// audience: introspection serves them all.
    pub(crate) fn verify_own_jwt(&self, token: &str) -> Option<jwt::Claims> {
        // Another machine may have issued it by a clock that is ahead; nothing makes it live longer.
        let policy = Policy::access_token_at_its_issuer(self.config.issuer.as_str())
            .with_leeway(self.config.max_clock_skew);
        let now = self.environment.now();
        let verified = jwt::verify(token, self.keys.public(), &policy, now).ok()?;
        let alive = verified.claims.expires_at.is_some_and(|at| now < at);
        alive.then_some(verified.claims)
    }

    async fn inspect_refresh_token(
        &self,
        presented: &RefreshTokenText,
    ) -> Result<Introspection, Error> {
        let Some(grant) = self.genuine_refresh_token(presented).await? else {
            return Ok(Introspection::inactive());
        };
        let GrantState::Live {
            refresh: Some(state),
            ..
        } = &grant.state
        else {
            return Ok(Introspection::inactive());
        };
        let current = state.generation == presented.claims.generation
            && state.nonce == presented.claims.nonce;
        let expires_at = state.last_used + self.config.refresh_token_lifetime;
        if !current || expires_at <= self.environment.now() || !self.anchors_hold(&grant).await? {
            return Ok(Introspection::inactive());
        }
        Ok(Introspection {
            active: true,
            exp: Some(expires_at.as_secs()),
            iat: Some(state.issued_at.as_secs()),
            scope: (!grant.scope.is_empty()).then_some(grant.scope),
            sub: Some(grant.subject),
            client_id: Some(grant.client_id),
            iss: Some(self.config.issuer.to_string()),
            ..Introspection::default()
        })
    }

    /// The grant of a refresh token that this server minted, whatever its generation.
    pub(crate) async fn genuine_refresh_token(
        &self,
        presented: &RefreshTokenText,
    ) -> Result<Option<GrantRecord>, Error> {
        let key = self.grant_records.key(presented.claims.grant.as_bytes());
        let Some(Versioned { record, .. }) = self.grant_records.get(&key).await? else {
            return Ok(None);
        };
        let issuer = self.config.issuer.as_str();
        let mac_key = self.keys.mac(presented.claims.key);
        let genuine =
            mac_key.is_some_and(|key| presented.verify(key, &record.salt, issuer).is_some());
        Ok(genuine.then_some(record))
    }

    /// Whether what a token hangs on still stands.
    async fn stands(
        &self,
        client_id: &str,
        subject: Option<&str>,
        anchor: &AnchorClaim,
    ) -> Result<bool, Error> {
        let (client_epoch, subject_epoch) = match anchor {
            AnchorClaim::Grant(id) => return Ok(self.live_grant(*id).await?.is_some()),
            AnchorClaim::Client(client) => (client, None),
            AnchorClaim::ClientAndSubject { client, subject } => (client, Some(subject)),
        };
        let client = self.clients.find(client_id).await?;
        if client.is_none_or(|client| client.epoch != *client_epoch) {
            return Ok(false);
        }
        match (subject_epoch, subject) {
            (None, _) => Ok(true),
            (Some(epoch), Some(subject)) => Ok(self.epochs.subject(subject).await? == *epoch),
            (Some(_), None) => Ok(false),
        }
    }
}

/// A resource server sees tokens that are meant for it, any client its own.
fn may_see(caller: &Client, answer: &Introspection) -> bool {
    let own = answer.client_id.as_deref() == Some(caller.id.as_str());
    let meant = caller
        .resource
        .as_ref()
        .is_some_and(|r| answer.aud.contains(r));
    own || meant
}
