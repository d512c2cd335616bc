//! Minting and signing access tokens.

use grantor_core::{Scope, Secret, Timestamp, TokenResponse};
use grantor_jose::{Algorithm, jwt};
use serde::{Deserialize, Serialize};

use super::{AccessTokenRecord, Identifier, Opaque, OpaqueKind};
use crate::counters::count;
use crate::server::Inner;
use crate::{AccessTokens, Client, Error, Issue};

/// The claims of a JWT access token (RFC 9068 section 2.2). `anchor` is what introspection reads to
/// see whether the token still stands: a grant, or the client's epoch.
#[derive(Serialize)]
struct AccessTokenClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: Audience<'a>,
    client_id: &'a str,
    exp: i64,
    iat: i64,
    jti: Identifier,
    #[serde(skip_serializing_if = "Scope::is_empty")]
    scope: &'a Scope,
    anchor: AnchorClaim,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Audience<'a> {
    One(&'a str),
    Many(&'a [String]),
}

/// What a JWT access token hangs on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AnchorClaim {
    Grant(Identifier),
    Client(String),
    /// A token for a user without a grant.
    ClientAndSubject {
        client: String,
        subject: String,
    },
}

/// What an access token without a grant hangs on, and when it is issued.
struct Anchored<'a> {
    client: &'a Client,
    subject_epoch: Option<String>,
    now: Timestamp,
}

impl Inner {
    /// Mints what a grant decided to issue.
    pub(crate) async fn issue(
        &self,
        client: &Client,
        issue: Issue,
        now: Timestamp,
    ) -> Result<TokenResponse, Error> {
        let subject_epoch = match (&issue.grant, &issue.subject) {
            (None, Some(subject)) => Some(self.epochs.subject_now(subject).await?),
            _ => None,
        };
        let anchored = Anchored {
            client,
            subject_epoch,
            now,
        };
        let access_token = match self.config.access_tokens {
            AccessTokens::Opaque => self.mint_opaque(anchored, &issue).await?,
            AccessTokens::Jwt(algorithm) => self.sign_jwt(anchored, &issue, algorithm)?,
        };
        count(&self.counters.tokens_issued);
        Ok(TokenResponse {
            expires_in: Some(self.config.access_token_lifetime),
            refresh_token: issue.refresh_token,
            scope: (!issue.scope.is_empty()).then_some(issue.scope),
            extra: issue.extra,
            ..TokenResponse::bearer(access_token)
        })
    }

    async fn mint_opaque(&self, anchored: Anchored<'_>, issue: &Issue) -> Result<Secret, Error> {
        let Anchored { client, now, .. } = anchored;
        let token = Opaque::mint(&self.environment);
        let record = AccessTokenRecord {
            hash: token.hash(),
            client_id: client.id.clone(),
            client_epoch: client.epoch.clone(),
            grant: issue.grant,
            subject: issue.subject.clone(),
            subject_epoch: anchored.subject_epoch,
            scope: issue.scope.clone(),
            audience: issue.audience.clone(),
            issued_at: now,
            expires_at: now + self.config.access_token_lifetime,
        };
        let key = self.access_tokens.key(token.id.as_bytes());
        match self.access_tokens.create(&key, &record).await? {
            Ok(_) => Ok(token.to_text(OpaqueKind::AccessToken)),
            Err(grantor_store::Conflict) => {
                Err(Error::Internal("an identifier was drawn twice".to_owned()))
            }
        }
    }

    fn sign_jwt(
        &self,
        anchored: Anchored<'_>,
        issue: &Issue,
        algorithm: Algorithm,
    ) -> Result<Secret, Error> {
        let Anchored { client, now, .. } = anchored;
        let no_key = || Error::Internal(format!("there is no {algorithm} key"));
        let key = self.keys.signing(algorithm).ok_or_else(no_key)?;
        let claims = AccessTokenClaims {
            iss: self.config.issuer.as_str(),
            sub: issue.subject.as_deref().unwrap_or(&client.id),
            aud: match (issue.audience.as_slice(), &self.config.default_audience) {
                ([one], _) => Audience::One(one),
                // RFC 9068 section 2.2 requires one.
                ([], Some(default)) => Audience::One(default),
                (many, _) => Audience::Many(many),
            },
            client_id: &client.id,
            exp: (now + self.config.access_token_lifetime).as_secs(),
            iat: now.as_secs(),
            jti: Identifier::at(now, self.environment.random_bytes()),
            scope: &issue.scope,
            anchor: match (issue.grant, anchored.subject_epoch) {
                (Some(grant), _) => AnchorClaim::Grant(grant),
                (None, None) => AnchorClaim::Client(client.epoch.clone()),
                (None, Some(subject)) => AnchorClaim::ClientAndSubject {
                    client: client.epoch.clone(),
                    subject,
                },
            },
        };
        let token = jwt::sign(key, jwt::Typ::ACCESS_TOKEN, &claims);
        token
            .map(Secret::new)
            .map_err(|_| Error::Internal("the token can't be signed".to_owned()))
    }
}
