//! What a decision leaves behind: a consent, and a grant in its first state.

use grantor_core::{Scope, Secret};
use grantor_store::{Conflict, Versioned};

use crate::authorization::table::Checked;
use crate::grant::{Anchors, CodeState, GrantRecord, GrantState};
use crate::revocation::ConsentRecord;
use crate::server::Inner;
use crate::token::{Opaque, OpaqueKind};
use crate::{Client, Error, Login};

impl Inner {
    /// What a user has allowed a client before.
    pub(crate) async fn remembered(
        &self,
        subject: &str,
        client: &Client,
    ) -> Result<Option<Scope>, Error> {
        let key = self.epochs.consent_key(subject, &client.id);
        let versioned = self.epochs.consents().get(&key).await?;
        let own = versioned.filter(|consent| consent.record.client_epoch == client.epoch);
        Ok(own.map(|consent| consent.record.scope))
    }

    /// Remembers the consent and creates the grant, with its code.
    pub(crate) async fn grant_code(
        &self,
        checked: &Checked<'_>,
        client: &Client,
        login: &Login,
        scope: Scope,
    ) -> Result<Secret, Error> {
        let now = self.environment.now();
        let code = Opaque::mint(&self.environment);
        let consent = self
            .remember_consent(&login.subject, client, &scope)
            .await?;
        let session = match &login.session {
            // OpenID Connect Core section 11: access "even when the End-User is not present".
            _ if scope.contains("offline_access") => None,
            Some(session) => Some((session.clone(), self.epochs.session(session).await?)),
            None => None,
        };
        let expires_at = now + self.config.code_lifetime;
        let grant = GrantRecord {
            client_id: client.id.clone(),
            subject: login.subject.clone(),
            scope,
            resources: checked.request.resource.clone(),
            anchors: Anchors {
                client: client.epoch.clone(),
                consent,
                subject: self.epochs.subject(&login.subject).await?,
                session,
            },
            auth_time: login.auth_time,
            created_at: now,
            salt: self.environment.random_bytes(),
            state: GrantState::Code(CodeState {
                hash: code.hash(),
                redirect_uri: checked.request.redirect_uri.clone(),
                challenge: checked.challenge.clone(),
                expires_at,
            }),
            expires_at,
        };
        let key = self.grant_records.key(code.id.as_bytes());
        match self.grant_records.create(&key, &grant).await? {
            Ok(_) => Ok(code.to_text(OpaqueKind::Code)),
            Err(Conflict) => Err(Error::Internal("an identifier was drawn twice".to_owned())),
        }
    }

    /// The epoch of the consent, which now covers `scope`.
    async fn remember_consent(
        &self,
        subject: &str,
        client: &Client,
        scope: &Scope,
    ) -> Result<String, Error> {
        let consents = self.epochs.consents();
        let key = self.epochs.consent_key(subject, &client.id);
        for _ in 0..8 {
            let mut consent = ConsentRecord {
                client_id: client.id.clone(),
                client_epoch: client.epoch.clone(),
                subject: subject.to_owned(),
                scope: scope.clone(),
                epoch: self.environment.random_text::<8>(),
                given_at: self.environment.now(),
            };
            let written = match consents.get(&key).await? {
                None => consents.create(&key, &consent).await?,
                Some(Versioned { record, version }) => {
                    if record.client_epoch == client.epoch {
                        if scope.is_subset(&record.scope) {
                            return Ok(record.epoch);
                        }
                        consent.scope = record.scope.union(scope);
                        consent.epoch = record.epoch;
                    }
                    consents.update(&key, &consent, version).await?
                }
            };
            if written.is_ok() {
                self.epochs.forget(&key);
                return Ok(consent.epoch);
            }
        }
        Err(Error::Contention)
    }
}
