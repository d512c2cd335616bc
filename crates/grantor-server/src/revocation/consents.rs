//! Reading and writing of consents.

use grantor_core::{Environment, Scope};
use grantor_store::{Cached, Change, Diagnostics, Key, Records, Stores};

use super::Consent;
use super::consent::ConsentRecord;
use crate::cached::{CACHE_CAPACITY, CACHE_TTL};
use crate::client::Client;
use crate::error::Error;

/// The consents of subjects to clients.
#[derive(Debug)]
pub(crate) struct Consents {
    records: Records<ConsentRecord>,
    environment: Environment,
    cache: Cached<Key, String>,
}

impl Consents {
    pub(crate) fn prepare(stores: &Stores, diagnostics: &mut Diagnostics) -> Option<Self> {
        Some(Self {
            records: diagnostics.records(stores)?,
            environment: stores.environment().clone(),
            cache: Cached::new(stores.environment().clone(), CACHE_CAPACITY, CACHE_TTL),
        })
    }

    /// The scopes and resources that a user has allowed a client before.
    pub(crate) async fn remembered(
        &self,
        subject: &str,
        client: &Client,
    ) -> Result<Option<Consent>, Error> {
        let stored = self.records.get(&self.key(subject, &client.id)).await?;
        let own = stored.filter(|consent| consent.record.client_epoch == client.epoch);
        Ok(own.map(|consent| consent.record.allowed))
    }

    /// The epoch of a consent; none if it was revoked.
    pub(crate) async fn epoch(
        &self,
        subject: &str,
        client_id: &str,
    ) -> Result<Option<String>, Error> {
        let key = self.key(subject, client_id);
        if let Some(epoch) = self.cache.get(&key) {
            return Ok(Some(epoch));
        }
        let read_at = self.cache.before_reading();
        let Some(stored) = self.records.get(&key).await? else {
            return Ok(None);
        };
        let epoch = stored.record.epoch;
        self.cache.insert(key, epoch.clone(), read_at);
        Ok(Some(epoch))
    }

    /// The epoch that a new grant is made under. A consent is created for it if there is none, and it
    /// allows nothing yet.
    pub(crate) async fn epoch_for_grant(
        &self,
        subject: &str,
        client: &Client,
    ) -> Result<String, Error> {
        self.change(subject, client, |_| false).await
    }

    /// Remembers what a grant was given for.
    pub(crate) async fn remember(
        &self,
        subject: &str,
        client: &Client,
        scope: &Scope,
        resources: &[String],
    ) -> Result<(), Error> {
        let add = |consent: &mut Consent| {
            let covered = consent.covers(scope, resources);
            consent.add(scope, resources);
            !covered
        };
        self.change(subject, client, add).await.map(|_| ())
    }

    /// Revokes every grant made under a consent.
    pub(crate) async fn revoke(&self, subject: &str, client_id: &str) -> Result<(), Error> {
        let key = self.key(subject, client_id);
        self.records.remove(&key).await?;
        self.cache.remove(&key);
        Ok(())
    }

    /// Changes a consent, which is created if it does not exist or was another client's. `change`
    /// says whether there is anything to write.
    async fn change(
        &self,
        subject: &str,
        client: &Client,
        change: impl Fn(&mut Consent) -> bool,
    ) -> Result<String, Error> {
        let key = self.key(subject, &client.id);
        let epoch = self.records.change(&key, async |stored| {
            let mut consent = ConsentRecord {
                client_id: client.id.clone(),
                client_epoch: client.epoch.clone(),
                subject: subject.to_owned(),
                allowed: Consent::default(),
                epoch: self.environment.random_text::<8>(),
                given_at: self.environment.now(),
            };
            let own = stored.filter(|stored| stored.client_epoch == client.epoch);
            let exists = own.is_some();
            if let Some(own) = own {
                (consent.allowed, consent.epoch) = (own.allowed, own.epoch);
            }
            let changed = change(&mut consent.allowed);
            let epoch = consent.epoch.clone();
            Ok(if changed || !exists {
                Change::Write(consent, (epoch, true))
            } else {
                Change::Keep((epoch, false))
            })
        });
        let written: Result<_, Error> = epoch.await;
        let (epoch, written) = written?;
        if written {
            self.cache.remove(&key);
        }
        Ok(epoch)
    }

    fn key(&self, subject: &str, client_id: &str) -> Key {
        self.records.key_under(subject, client_id)
    }
}
