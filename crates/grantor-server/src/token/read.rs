//! Reading and revoking of access tokens.

use grantor_core::{Introspection, Timestamp};
use grantor_jose::Error as JwtError;
use grantor_jose::check::holds;
use grantor_jose::digest::constant_time_eq;
use grantor_jose::jwt::{self, Policy};
use serde_json::{Map, Value, json};

use super::claims::ReadClaims;
use super::revoked::RevokedRecord;
use super::text::{MAX_TEXT, MIN_TEXT, Place};
use super::{AccessTokenRecord, OpaqueKind, OpaqueToken, Tokens};
use crate::client::Client;
use crate::error::Error;
use crate::identifier::Identifier;

impl Tokens {
    /// Returns the contents of an access token if it is valid now: for introspection, and for
    /// resource servers in this process. A `caller` that was looked up for this request is not
    /// looked up again.
    pub(crate) async fn read(
        &self,
        token: &str,
        caller: Option<&Client>,
    ) -> Result<Introspection, Error> {
        if let Some(usual) = OpaqueToken::parse(OpaqueKind::AccessToken, token) {
            return match self.record_at(&Place::named_by(&usual)).await? {
                Some(record) => self.describe(record, caller).await,
                None => Ok(Introspection::inactive()),
            };
        }
        // Boxed, or reading a token of the usual form would pay for the room of this.
        Box::pin(self.read_other(token, caller)).await
    }

    /// Revokes an access token before it expires. `may_revoke` says whether the caller may, of a
    /// client identifier.
    pub(crate) async fn revoke(
        &self,
        token: &str,
        may_revoke: impl Fn(&str) -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        if let Some((id, record)) = self.opaque(token).await? {
            let key = self.records.key(id.as_bytes());
            return Ok(may_revoke(&record.client_id)? && self.records.remove(&key).await?);
        }
        let Some(claims) = self.verify_self_contained(token).await? else {
            return Ok(false);
        };
        if !may_revoke(&claims.client_id)? {
            return Ok(false);
        }
        let key = self.revoked.key_of_name(&claims.id);
        let record = RevokedRecord {
            expires_at: claims.expires_at + self.max_clock_skew * 2,
        };
        self.revoked.overwrite(&key, &record).await?;
        Ok(true)
    }

    /// What introspection says of a token that has a record.
    async fn describe(
        &self,
        mut record: AccessTokenRecord,
        caller: Option<&Client>,
    ) -> Result<Introspection, Error> {
        let anchor = record.take_anchor();
        let (client_id, subject) = (&record.client_id, record.subject.as_deref());
        if !self.is_current(caller, client_id, subject, &anchor).await? {
            return Ok(Introspection::inactive());
        }
        Ok(Introspection {
            active: true,
            scope: (!record.scope.is_empty()).then_some(record.scope),
            sub: Some(record.subject.unwrap_or_else(|| record.client_id.clone())),
            client_id: Some(record.client_id),
            token_type: Some(token_type(record.dpop_jkt.as_deref())),
            exp: Some(record.expires_at.as_secs()),
            iat: Some(record.issued_at.as_secs()),
            aud: record.audience,
            iss: Some(self.issuer.as_str().to_owned()),
            extra: further(record.claims, record.dpop_jkt),
            ..Introspection::default()
        })
    }

    /// The record of a token that has one, and its identifier, whether or not what it depends on is
    /// still valid.
    pub(super) async fn opaque(
        &self,
        token: &str,
    ) -> Result<Option<(Identifier, AccessTokenRecord)>, Error> {
        let place = match OpaqueToken::parse(OpaqueKind::AccessToken, token) {
            Some(usual) => Place::named_by(&usual),
            None if self.may_have_record(token) => Place::by_hash(token),
            None => return Ok(None),
        };
        let record = self.record_at(&place).await?;
        Ok(record.map(|record| (place.id, record)))
    }

    /// Whether a text of another form than the usual one may have a record. One of this server has no
    /// period, which every JWT has, unless the application makes the texts.
    fn may_have_record(&self, token: &str) -> bool {
        (MIN_TEXT..=MAX_TEXT).contains(&token.len())
            && (self.generator.is_some() || !token.contains('.'))
    }

    async fn record_at(&self, place: &Place) -> Result<Option<AccessTokenRecord>, Error> {
        let key = self.records.key(place.id.as_bytes());
        let found = self.records.get(&key).await?;
        let record = found.map(|found| found.record);
        Ok(record.filter(|record| constant_time_eq(&record.digest, &place.digest)))
    }

    /// Reads a token of another form than the usual one.
    async fn read_other(
        &self,
        token: &str,
        caller: Option<&Client>,
    ) -> Result<Introspection, Error> {
        match self.opaque(token).await? {
            Some((_, record)) => self.describe(record, caller).await,
            None => self.read_self_contained(token, caller).await,
        }
    }

    async fn read_self_contained(
        &self,
        token: &str,
        caller: Option<&Client>,
    ) -> Result<Introspection, Error> {
        let Some(claims) = self.verify_self_contained(token).await? else {
            return Ok(Introspection::inactive());
        };
        if !self.is_valid(&claims, caller).await? {
            return Ok(Introspection::inactive());
        }
        Ok(Introspection {
            active: true,
            scope: claims.scope,
            client_id: Some(claims.client_id),
            token_type: Some(token_type(claims.dpop_jkt.as_deref())),
            exp: Some(claims.expires_at.as_secs()),
            iat: claims.issued_at.map(Timestamp::as_secs),
            sub: Some(claims.subject),
            aud: claims.audience,
            iss: Some(claims.issuer),
            jti: Some(claims.id),
            extra: further(claims.other, claims.dpop_jkt),
            ..Introspection::default()
        })
    }

    /// The claims of an access token that this server wrote and that has not expired, whatever its
    /// audience: introspection serves them all.
    pub(super) async fn verify_self_contained(
        &self,
        token: &str,
    ) -> Result<Option<ReadClaims>, Error> {
        let claims = match &self.format {
            Some(format) => format.read(token).await?.and_then(ReadClaims::of_map),
            None => None,
        };
        // JWTs too, if there is a format now: a server may have issued them before it got one.
        let claims = match claims {
            Some(claims) => Some(claims),
            None => self.verify_jwt(token).await,
        };
        let now = self.environment.now();
        let issuer = self.issuer.as_str();
        let is_good = |claims: &ReadClaims| {
            claims.issuer == issuer && holds("token.expiry", now < claims.expires_at)
        };
        Ok(claims.filter(is_good))
    }

    async fn verify_jwt(&self, token: &str) -> Option<ReadClaims> {
        if !token.contains('.') {
            return None;
        }
        // Another machine may have issued it by a clock that is ahead; nothing makes it live longer.
        let policy =
            Policy::access_token_at_its_issuer(self.issuer.as_str()).with_leeway(self.leeway);
        let now = self.environment.now();
        let verify = || jwt::verify(token, self.keys.signing().public(), &policy, now);
        let verified = match verify() {
            // Another process may sign with a newer key.
            Err(JwtError::UnknownKey) if self.keys.refresh_for_unknown_key().await => verify(),
            verified => verified,
        };
        ReadClaims::of_jwt(verified.ok()?.claims)
    }
}

/// RFC 9449 section 5.
fn token_type(dpop_jkt: Option<&str>) -> String {
    match dpop_jkt {
        Some(_) => "DPoP".to_owned(),
        None => "Bearer".to_owned(),
    }
}

/// The further members, and `cnf` of a token that is bound to a key (RFC 9449 section 6.2).
fn further(mut members: Map<String, Value>, dpop_jkt: Option<String>) -> Map<String, Value> {
    if let Some(thumbprint) = dpop_jkt {
        members.insert("cnf".to_owned(), json!({ "jkt": thumbprint }));
    }
    members
}
