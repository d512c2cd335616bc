//! Minting of access tokens.

use std::time::Duration;

use grantor_core::{ErrorCode, Secret, Timestamp};
use grantor_jose::{Algorithm, jwt};

use super::claims::{AccessTokenClaims, check_names};
use super::text::{self, NewText};
use super::{AccessTokenRecord, Anchor, TokenContents, Tokens};
use crate::client::Client;
use crate::config::AccessTokens;
use crate::error::Error;
use crate::identifier::Identifier;

/// An access token that is to be written or signed.
pub(crate) struct Minting<'a> {
    pub(crate) client: &'a Client,
    pub(crate) contents: &'a mut TokenContents,
    /// The grant it is issued under.
    pub(crate) grant: Option<Identifier>,
    /// The thumbprint of the key that it is bound to.
    pub(crate) dpop_jkt: Option<&'a str>,
    pub(crate) lifetime: Duration,
    pub(crate) now: Timestamp,
}

impl Tokens {
    /// Writes an opaque access token, signs a JWT, or has the application's format write one.
    pub(crate) async fn mint(&self, minting: &mut Minting<'_>) -> Result<Secret, Error> {
        check_names(&minting.contents.claims)?;
        // A grant has the epochs of its own, and so has another token; without either, the token needs
        // the subject's.
        let parent = minting.contents.parent.is_some();
        let subject_epoch = match (&minting.grant, &minting.contents.subject) {
            (None, Some(subject)) if !parent => {
                Some(Box::pin(self.revocation.epochs.subject_now(subject)).await?)
            }
            _ => None,
        };
        let is_opaque = minting.client.opaque_access_tokens;
        if let Some(format) = self.format.as_ref().filter(|_| !is_opaque) {
            let claims = self.claims(minting, subject_epoch).to_json();
            let claims = serde_json::from_str(&claims)
                .map_err(|_| Error::Internal("the claims can't be written".to_owned()))?;
            return format.write(&claims).await;
        }
        match self.kind {
            AccessTokens::Jwt(algorithm) if self.generator.is_none() && !is_opaque => {
                if self.keys.is_refresh_due(minting.now) {
                    Box::pin(self.keys.refresh()).await;
                }
                self.sign(minting, subject_epoch, algorithm)
            }
            // Boxed: with it the futures of a request would be too long for an allocator to be quick.
            _ => Box::pin(self.write(minting, subject_epoch)).await,
        }
    }

    async fn write(
        &self,
        minting: &mut Minting<'_>,
        subject_epoch: Option<String>,
    ) -> Result<Secret, Error> {
        let (client, now) = (minting.client, minting.now);
        let contents = &mut *minting.contents;
        let NewText {
            text,
            place,
            version,
        } = match (&self.generator, self.kind) {
            (None, AccessTokens::Opaque | AccessTokens::Jwt(_)) => {
                text::usual(&self.environment, now)
            }
            (generator, kind) => text::unusual(kind, generator.as_ref(), &self.environment)?,
        };
        let record = AccessTokenRecord {
            digest: place.digest,
            client_id: client.id.clone(),
            client_epoch: client.epoch.clone(),
            grant: minting.grant,
            subject: contents.subject.take(),
            subject_epoch,
            scope: std::mem::take(&mut contents.scope),
            audience: std::mem::take(&mut contents.audience),
            dpop_jkt: minting.dpop_jkt.map(str::to_owned),
            issued_at: now,
            expires_at: now + minting.lifetime,
            parent: contents.parent.take(),
            claims: std::mem::take(&mut contents.claims),
        };
        let key = self.records.key(place.id.as_bytes());
        let created = self.records.create_as(&key, &record, version).await;
        // The record had them only to be written.
        contents.subject = record.subject;
        contents.scope = record.scope;
        contents.audience = record.audience;
        contents.claims = record.claims;
        contents.parent = record.parent;
        match created? {
            Ok(_) => Ok(text),
            Err(grantor_store::Conflict) => Err(Error::Internal(
                "an access token was drawn twice".to_owned(),
            )),
        }
    }

    fn sign(
        &self,
        minting: &Minting<'_>,
        subject_epoch: Option<String>,
        algorithm: Algorithm,
    ) -> Result<Secret, Error> {
        if minting.contents.audience.is_empty() && self.default_audience.is_none() {
            return Err(Error::refused(
                ErrorCode::InvalidTarget,
                "\"resource\" must name a resource: this server has no default audience",
            ));
        }
        let claims = self.claims(minting, subject_epoch).to_json();
        let token = self.keys.with_signing(|keys| {
            let key = keys.active(algorithm, minting.now)?;
            Some(jwt::sign_json(key, jwt::Typ::ACCESS_TOKEN, &claims))
        });
        match token {
            Some(Ok(token)) => Ok(Secret::new(token)),
            Some(Err(_)) => Err(Error::Internal("the token can't be signed".to_owned())),
            None => Err(Error::Internal(format!("there is no {algorithm} key"))),
        }
    }

    fn claims<'a>(
        &'a self,
        minting: &'a Minting<'_>,
        subject_epoch: Option<String>,
    ) -> AccessTokenClaims<'a> {
        let Minting {
            client,
            ref contents,
            now,
            ..
        } = *minting;
        let client_epoch = client.epoch.clone();
        AccessTokenClaims {
            iss: self.issuer.as_str(),
            sub: contents.subject.as_deref().unwrap_or(&client.id),
            aud: match (contents.audience.as_slice(), &self.default_audience) {
                // RFC 9068 section 2.2 requires one.
                ([], Some(default)) => std::slice::from_ref(default),
                (audience, _) => audience,
            },
            client_id: &client.id,
            exp: (now + minting.lifetime).as_secs(),
            iat: now.as_secs(),
            jti: Identifier::at(now, self.environment.random_bytes()),
            scope: &contents.scope,
            dpop_jkt: minting.dpop_jkt,
            anchor: Anchor::of(
                client_epoch,
                minting.grant,
                subject_epoch,
                contents.parent.clone(),
            ),
            other: &contents.claims,
        }
    }
}
