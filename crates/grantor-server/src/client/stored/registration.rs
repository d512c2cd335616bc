//! Clients that register themselves (RFC 7591) and manage that (RFC 7592).

use std::time::Duration;

use grantor_core::{Secret, Timestamp};
use grantor_jose::base64url;
use grantor_jose::check::holds;
use grantor_store::{Change, Conflict};

use super::StoredClients;
use super::registrar::taken;
use crate::client::record::ClientRecord;
use crate::client::registration_record::{Description, RegistrationRecord};
use crate::client::secret_hash::{SecretHash, StoredSecret};
use crate::client::self_described::invalid_metadata;
use crate::client::{Client, ClientAuthMethod, NewClient};
use crate::error::Error;

/// A client that registered itself, and the secrets of the answer to it.
#[derive(Debug)]
pub(crate) struct SelfRegistered {
    pub(crate) client: Client,
    pub(crate) description: Description,
    pub(crate) registered_at: Timestamp,
    /// Its secret, if it is new.
    pub(crate) secret: Option<Secret>,
    /// The token for changes of the registration: the newest, whichever was presented.
    pub(crate) token: Secret,
}

/// How long a request with a replaced token may be repeated, if its answer was lost.
const REPLACED_TOKEN_LIFETIME: Duration = Duration::from_secs(60);

impl StoredClients {
    /// Registers a client that describes itself. It goes after `unused_for`, unless it is
    /// [used](Self::mark_used).
    pub(crate) async fn register(
        &self,
        new: NewClient,
        description: Description,
        unused_for: Duration,
    ) -> Result<SelfRegistered, Error> {
        let mut client = new.client;
        client.epoch = self.environment.random_text::<8>();
        let now = self.environment.now();
        let method = client.auth_method;
        let (secrets, secret) = if method.has_secret() {
            let (hash, generated) = self.new_secret(&client.id, method, None)?;
            (vec![StoredSecret::new(hash)], generated)
        } else {
            (Vec::new(), None)
        };
        let token = Secret::new(self.environment.random_text::<32>());
        let unused_until = Some(now + unused_for);
        let mut record = ClientRecord::new(client.clone(), secrets, now);
        record.registration = Some(RegistrationRecord {
            token: SecretHash::generated(&token),
            previous_token: None,
            previous_token_until: None,
            unused_until,
            description: description.clone(),
        });
        let key = self.clients.key_of_name(&client.id);
        match self.clients.create(&key, &record).await? {
            Ok(_) => {}
            Err(Conflict) => return Err(taken(&client.id)),
        }
        client.unused_until = unused_until;
        Ok(SelfRegistered {
            client,
            description,
            registered_at: now,
            secret,
            token,
        })
    }

    /// The registration of a client, for the holder of its token. The use of the newest token ends the
    /// one before it.
    pub(crate) async fn registration(
        &self,
        id: &str,
        token: &Secret,
    ) -> Result<Option<SelfRegistered>, Error> {
        let key = self.clients.key_of_name(id);
        let found = self.clients.change(&key, async |record| {
            let Some(mut record) = record else {
                return Ok(Change::Keep(None));
            };
            let (Some(newest), Some(registration)) = (
                self.newest_token(id, &record, token),
                &mut record.registration,
            ) else {
                return Ok(Change::Keep(None));
            };
            let ends_previous = newest == *token && registration.previous_token.is_some();
            if ends_previous {
                registration.previous_token = None;
                registration.previous_token_until = None;
            }
            let registered = SelfRegistered {
                description: registration.description.clone(),
                registered_at: record.created_at,
                client: record.clone().into_client(),
                secret: None,
                token: newest,
            };
            Ok(match ends_previous {
                true => Change::Write(record, Some(registered)),
                false => Change::Keep(Some(registered)),
            })
        });
        let found: Result<_, Error> = found.await;
        found
    }

    /// Replaces what a client said of itself, and its token. A repeated request, whose answer was lost,
    /// gets the same successor of its token. None if the token is not the client's.
    pub(crate) async fn reregister(
        &self,
        id: &str,
        token: &Secret,
        new: &NewClient,
        description: &Description,
    ) -> Result<Option<SelfRegistered>, Error> {
        let key = self.clients.key_of_name(id);
        let changed = self.clients.change(&key, async |record| {
            let Some(record) = record else {
                return Ok(Change::Keep(None));
            };
            let (Some(newest), Some(mut registration)) = (
                self.newest_token(id, &record, token),
                record.registration.clone(),
            ) else {
                return Ok(Change::Keep(None));
            };
            let (before, after) = (record.auth_method(), new.client.auth_method);
            let is_public = |method| method == ClientAuthMethod::None;
            if before.has_secret() != after.has_secret() || is_public(before) != is_public(after) {
                let description = "a client stays public, or with a secret, or with keys: register \
                                   another one";
                return Err(invalid_metadata(description));
            }
            let (secrets, created_at) = (record.secrets.clone(), record.created_at);
            let mut client = new.client.clone();
            client.epoch = record.into_client().epoch;
            client.unused_until = registration.unused_until;
            let newest = match newest == *token {
                true => {
                    let successor = self.successor(id, token);
                    registration.token = SecretHash::generated(&successor);
                    registration.previous_token = Some(SecretHash::generated(token));
                    let until = self.environment.now() + REPLACED_TOKEN_LIFETIME;
                    registration.previous_token_until = Some(until);
                    successor
                }
                false => newest,
            };
            registration.description.clone_from(description);
            let mut record = ClientRecord::new(client.clone(), secrets, created_at);
            record.registration = Some(registration);
            let registered = SelfRegistered {
                client,
                description: description.clone(),
                registered_at: created_at,
                secret: None,
                token: newest,
            };
            Ok(Change::Write(record, Some(registered)))
        });
        let changed: Result<_, Error> = changed.await;
        self.cache.remove(id);
        changed
    }

    /// Keeps a client that registered itself for good: a user is about to allow it something.
    pub(crate) async fn mark_used(&self, id: &str) -> Result<(), Error> {
        let key = self.clients.key_of_name(id);
        let marked = self.clients.change(&key, async |record| {
            let unused = |record: &ClientRecord| record.registration.as_ref()?.unused_until;
            let Some(mut record) = record.filter(|record| unused(record).is_some()) else {
                return Ok(Change::Keep(()));
            };
            if let Some(registration) = &mut record.registration {
                registration.unused_until = None;
            }
            Ok(Change::Write(record, ()))
        });
        let marked: Result<(), Error> = marked.await;
        self.cache.remove(id);
        marked
    }

    /// The newest token of a client, for the holder of it or of the one that it has replaced; none for
    /// anybody else.
    fn newest_token(&self, id: &str, record: &ClientRecord, token: &Secret) -> Option<Secret> {
        let registration = record.registration.as_ref()?;
        let is = |hash: &SecretHash, token: &Secret| {
            let is_its = hash.verify(token, "", &self.secret_key);
            holds("registration.token", is_its)
        };
        if is(&registration.token, token) {
            return Some(token.clone());
        }
        let previous = registration.previous_token.as_ref()?;
        let until = registration.previous_token_until?;
        if self.environment.now() >= until || !is(previous, token) {
            return None;
        }
        let successor = self.successor(id, token);
        is(&registration.token, &successor).then_some(successor)
    }

    /// The token that replaces another. It is computed, so that a repeated request gets the same one and
    /// no token is stored.
    fn successor(&self, id: &str, token: &Secret) -> Secret {
        let purpose = b"grantor/registration-access-token/1";
        let parts: [&[u8]; 3] = [purpose, id.as_bytes(), token.expose().as_bytes()];
        Secret::new(base64url::encode(self.secret_key.sign(&parts)))
    }
}
