//! The registration of clients in the server's store.

use std::time::Duration;

use grantor_core::{BoxFuture, ErrorCode, Secret};
use grantor_store::{Change, Conflict};

use super::StoredClients;
use crate::client::new_client_problems::{INVISIBLE, MIN_SHARED_SECRET, is_visible};
use crate::client::record::{ClientRecord, ResourceRecord};
use crate::client::secret_hash::{SecretHash, StoredSecret};
use crate::client::{Client, ClientAuthMethod, NewClient, Registrar};
use crate::error::Error;

/// How long a resource without a client waits for it. After that it was left behind by a crash, and
/// is free.
const MAKING: Duration = Duration::from_secs(60);

impl StoredClients {
    /// Registers a client. Returns the secret that was generated, if one was.
    ///
    /// # Errors
    /// [`Error::Refused`] with everything that is wrong with it, or that the identifier or the
    /// resource is taken; or the store failed.
    pub async fn add(&self, new: NewClient) -> Result<Option<Secret>, Error> {
        let problems = new.problems();
        if !problems.is_empty() {
            return Err(invalid(problems.join("; ")));
        }
        let NewClient { mut client, secret } = new;
        let key = self.clients.key_of_name(&client.id);
        if self.clients.get(&key).await?.is_some() {
            return Err(taken(&client.id));
        }
        if let Some(resource) = &client.resource_identifier {
            self.take_resource(resource, &client.id).await?;
        }
        let method = client.auth_method;
        let (secrets, generated) = if method.has_secret() {
            let (hash, generated) = self.new_secret(&client.id, method, secret.as_ref())?;
            (vec![StoredSecret::new(hash)], generated)
        } else {
            (Vec::new(), None)
        };
        client.epoch = self.environment.random_text::<8>();
        let id = client.id.clone();
        let record = ClientRecord::new(client, secrets, self.environment.now());
        match self.clients.create(&key, &record).await? {
            Ok(_) => Ok(generated),
            Err(Conflict) => Err(taken(&id)),
        }
    }

    /// Changes what a client may do; its identifier and epoch stay. So do its secrets, unless the new
    /// method of authentication needs them in another form: then
    /// [`rotate_secret`](Self::rotate_secret) gives it one.
    ///
    /// # Errors
    /// [`Error::Refused`] with everything that is wrong with the client; or the store failed.
    pub async fn update(
        &self,
        id: &str,
        change: impl Fn(&mut Client),
    ) -> Result<Option<Client>, Error> {
        let key = self.clients.key_of_name(id);
        let changed = self.clients.change(&key, async |record| {
            let Some(record) = record else {
                return Ok(Change::Keep(None));
            };
            let (mut secrets, created_at) = (record.secrets.clone(), record.created_at);
            let registration = record.registration.clone();
            let before = record.into_client();
            let after = changed(&before, &change)?;
            if form_of(before.auth_method) != form_of(after.auth_method) {
                secrets.clear();
            }
            if let Some(resource) = &after.resource_identifier {
                self.take_resource(resource, id).await?;
            }
            let mut record = ClientRecord::new(after.clone(), secrets, created_at);
            record.registration = registration;
            Ok(Change::Write(record, Some((before, after))))
        });
        let changed: Result<_, Error> = changed.await;
        let Some((before, after)) = changed? else {
            return Ok(None);
        };
        self.cache.remove(id);
        if let Some(old) = before.resource_identifier
            && after.resource_identifier.as_ref() != Some(&old)
        {
            self.free_resource(&old, id).await?;
        }
        Ok(Some(after))
    }

    /// Removes a client, and returns whether there was one; all its tokens become invalid.
    ///
    /// # Errors
    /// The store failed.
    pub async fn remove(&self, id: &str) -> Result<bool, Error> {
        let key = self.clients.key_of_name(id);
        let stored = self.clients.get(&key).await?;
        let removed = self.clients.remove(&key).await?;
        let resource = stored.as_ref().and_then(|c| c.record.resource_identifier());
        if let Some(resource) = resource {
            self.free_resource(resource, id).await?;
        }
        self.cache.remove(id);
        Ok(removed)
    }

    /// Gives a client a new secret, `chosen` or a generated one. The old one stays valid for
    /// `keep_old`. Returns the secret that was generated, if one was.
    ///
    /// # Errors
    /// There is no such client, it has no secret, the chosen one is too short to sign with, or the
    /// store failed.
    pub async fn rotate_secret(
        &self,
        id: &str,
        chosen: Option<Secret>,
        keep_old: Duration,
    ) -> Result<Option<Secret>, Error> {
        let key = self.clients.key_of_name(id);
        let rotated = self.clients.change(&key, async |record| {
            let Some(mut record) = record else {
                return Err(invalid(format!("there is no client {id}")));
            };
            let method = record.auth_method();
            if !method.has_secret() {
                let why = match method {
                    ClientAuthMethod::None => "is public and".to_owned(),
                    _ => format!("authenticates with {method} and"),
                };
                return Err(invalid(format!("the client {id} {why} has no secret")));
            }
            let (hash, generated) = self.new_secret(id, method, chosen.as_ref())?;
            let now = self.environment.now();
            for old in &mut record.secrets {
                let end = now + keep_old;
                old.expires_at = Some(old.expires_at.map_or(end, |at| at.min(end)));
            }
            record.secrets.retain(|secret| secret.is_valid(now));
            record.secrets.insert(0, StoredSecret::new(hash));
            Ok(Change::Write(record, generated))
        });
        let generated = rotated.await?;
        self.cache.remove(id);
        Ok(generated)
    }

    /// A secret in the form in which it is stored, and the secret itself if it was generated.
    pub(super) fn new_secret(
        &self,
        id: &str,
        method: ClientAuthMethod,
        chosen: Option<&Secret>,
    ) -> Result<(SecretHash, Option<Secret>), Error> {
        let key = &self.secret_key;
        if !chosen.is_none_or(is_visible) {
            return Err(invalid(INVISIBLE.to_owned()));
        }
        if method == ClientAuthMethod::ClientSecretJwt {
            // Enough for HS512, whose key is as long as its hash (RFC 7518 section 3.2).
            let generated = || Secret::new(self.environment.random_text::<64>());
            let secret = chosen.cloned().unwrap_or_else(generated);
            if secret.expose().len() < MIN_SHARED_SECRET {
                let why = "a secret to sign with has at least 32 bytes (RFC 7518 section 3.2)";
                return Err(invalid(why.to_owned()));
            }
            let sealed = SecretHash::sealed(&secret, id, key, &self.environment);
            let sealed = sealed.ok_or_else(|| invalid("the secret is too long".to_owned()))?;
            return Ok((sealed, chosen.is_none().then_some(secret)));
        }
        if let Some(secret) = chosen {
            return Ok((SecretHash::chosen(secret, id, key), None));
        }
        let secret = Secret::new(self.environment.random_text::<32>());
        Ok((SecretHash::generated(&secret), Some(secret)))
    }

    /// Reserves a resource for a client. Of several clients that are added at once, one gets it.
    async fn take_resource(&self, resource: &str, client_id: &str) -> Result<(), Error> {
        let key = self.resources.key_of_name(resource);
        let record = ResourceRecord {
            client_id: client_id.to_owned(),
            made_at: self.environment.now(),
        };
        let other = || invalid(format!("the resource {resource} belongs to another client"));
        let Some(index) = self.resources.get(&key).await? else {
            let created = self.resources.create(&key, &record).await?;
            return created.map(|_| ()).map_err(|Conflict| other());
        };
        if index.record.client_id == client_id {
            return Ok(());
        }
        let in_the_making = self.environment.now() < index.record.made_at + MAKING;
        if in_the_making || self.owner_of(resource).await?.is_some() {
            return Err(other());
        }
        let taken_over = self.resources.update(&key, &record, index.version).await?;
        taken_over.map(|_| ()).map_err(|Conflict| other())
    }

    /// Gives a resource back, if it is still this client's.
    async fn free_resource(&self, resource: &str, client_id: &str) -> Result<(), Error> {
        let key = self.resources.key_of_name(resource);
        let index = self.resources.get(&key).await?;
        if let Some(index) = index.filter(|index| index.record.client_id == client_id) {
            let _ = self.resources.remove_if(&key, index.version).await?;
        }
        Ok(())
    }
}

impl Registrar for StoredClients {
    fn create<'a>(&'a self, new: NewClient) -> BoxFuture<'a, Result<Option<Secret>, Error>> {
        Box::pin(self.add(new))
    }

    fn update<'a>(
        &'a self,
        id: &'a str,
        change: Box<dyn Fn(&mut Client) + Send + Sync + 'a>,
    ) -> BoxFuture<'a, Result<Option<Client>, Error>> {
        Box::pin(self.update(id, change))
    }

    fn remove<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.remove(id))
    }

    fn rotate_secret<'a>(
        &'a self,
        id: &'a str,
        chosen: Option<Secret>,
        keep_old: Duration,
    ) -> BoxFuture<'a, Result<Option<Secret>, Error>> {
        Box::pin(self.rotate_secret(id, chosen, keep_old))
    }
}

/// A client after a change, which is held to the rules of registration.
fn changed(before: &Client, change: impl Fn(&mut Client)) -> Result<Client, Error> {
    let mut client = before.clone();
    change(&mut client);
    client.id.clone_from(&before.id);
    client.epoch.clone_from(&before.epoch);
    let new = NewClient {
        client,
        secret: None,
    };
    let mut problems = new.problems();
    if new.client.is_public() != before.is_public() {
        problems.push("a client stays public or confidential".to_owned());
    }
    if !problems.is_empty() {
        return Err(invalid(problems.join("; ")));
    }
    Ok(new.client)
}

/// The form in which the secrets of a method are stored: none, hashed, or sealed.
fn form_of(method: ClientAuthMethod) -> u8 {
    match method {
        ClientAuthMethod::None | ClientAuthMethod::PrivateKeyJwt => 0,
        ClientAuthMethod::ClientSecretJwt => 2,
        _ => 1,
    }
}

pub(super) fn taken(id: &str) -> Error {
    invalid(format!(
        "there is a client {id} already: change it, rotate its secret, or remove it first, which ends its tokens"
    ))
}

fn invalid(description: String) -> Error {
    Error::refused(ErrorCode::InvalidRequest, description)
}
