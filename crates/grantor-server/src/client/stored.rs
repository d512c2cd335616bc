use std::sync::Arc;

use grantor_core::{BoxFuture, Environment, ErrorCode, Secret, Timestamp};
use grantor_jose::digest::MacKey;
use grantor_store::{
    Cached, Conflict, Diagnostics, Kind, Record, Records, Stores, Versioned, kinds,
};
use serde::{Deserialize, Serialize};

use super::secret_hash::SecretHash;
use super::{Client, Clients, NewClient};
use crate::cached::{CACHE_CAPACITY, CACHE_TTL};
use crate::key::{Keys, KeysRecord};
use crate::{BuildError, Error};

/// Clients in the server's own store.
#[derive(Debug)]
pub struct StoredClients {
    clients: Records<ClientRecord>,
    resources: Records<ResourceRecord>,
    environment: Environment,
    secret_key: MacKey,
    cache: Cached<String, Credentials>,
}

/// A client and the hashes of its secrets.
type Credentials = (Arc<Client>, Arc<[SecretHash]>);

#[derive(Serialize, Deserialize)]
struct ClientRecord {
    client: Client,
    secrets: Vec<SecretHash>,
    created_at: Timestamp,
}

impl Record for ClientRecord {
    const KIND: Kind = kinds::CLIENTS;
    const NAME: &'static str = "a client";

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

/// Which client a resource belongs to; looked up in the client again when it is read.
#[derive(Serialize, Deserialize)]
struct ResourceRecord {
    client_id: String,
}

impl Record for ResourceRecord {
    const KIND: Kind = kinds::RESOURCES;
    const NAME: &'static str = "a resource";

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

impl StoredClients {
    /// The clients in `stores`. Makes the server's keys if this is the first start.
    ///
    /// # Errors
    /// The stores can't carry clients or keys, or can't be read.
    pub async fn open(stores: &Stores) -> Result<Self, BuildError> {
        let mut diagnostics = Diagnostics::default();
        let keys = diagnostics.records::<KeysRecord>(stores);
        let opened = Self::prepare(stores, &mut diagnostics);
        let (Some(keys), Some(opened)) = (keys, opened) else {
            return Err(BuildError::new(diagnostics.problems));
        };
        let keys = Keys::load(&keys, stores.environment()).await?;
        Ok(opened.with_keys(&keys))
    }

    /// The clients in `stores`, before the keys are there.
    pub(crate) fn prepare(stores: &Stores, diagnostics: &mut Diagnostics) -> Option<Self> {
        let clients = diagnostics.records(stores);
        let resources = diagnostics.records(stores);
        Some(Self {
            clients: clients?,
            resources: resources?,
            environment: stores.environment().clone(),
            secret_key: MacKey::new(&[]),
            cache: Cached::new(stores.environment().clone(), CACHE_CAPACITY, CACHE_TTL),
        })
    }

    pub(crate) fn with_keys(mut self, keys: &Keys) -> Self {
        self.secret_key = keys.derive("client secrets");
        self
    }

    /// Registers a client. The secret that was generated, if one was.
    ///
    /// # Errors
    /// [`Error::Refused`] with everything that is wrong with it, or that there is one already;
    /// or the store failed.
    pub async fn add(&self, new: NewClient) -> Result<Option<Secret>, Error> {
        let problems = new.problems();
        if !problems.is_empty() {
            return Err(invalid(problems.join("; ")));
        }
        if let Some(resource) = &new.resource {
            let key = self.resources.key_of_name(resource);
            let record = ResourceRecord {
                client_id: new.id.clone(),
            };
            if self.resources.create(&key, &record).await? == Err(Conflict)
                && self
                    .owner_of(resource)
                    .await?
                    .is_some_and(|id| id != new.id)
            {
                return Err(invalid(format!(
                    "the resource {resource} belongs to another client"
                )));
            }
            self.resources.overwrite(&key, &record).await?;
        }
        let generated = (!new.public && new.secret.is_none())
            .then(|| Secret::new(self.environment.random_text::<32>()));
        let mut secrets = Vec::new();
        secrets.extend(generated.as_ref().map(SecretHash::generated));
        let chosen = new.secret.as_ref();
        secrets.extend(chosen.map(|s| SecretHash::chosen(s, &new.id, &self.secret_key)));
        let record = ClientRecord {
            client: Client {
                id: new.id,
                name: new.name,
                public: new.public,
                grants: new.grants,
                scope: new.scope,
                redirect_uris: new.redirect_uris,
                resource: new.resource,
                epoch: self.environment.random_text::<8>(),
            },
            secrets,
            created_at: self.environment.now(),
        };
        let key = self.clients.key_of_name(&record.client.id);
        match self.clients.create(&key, &record).await? {
            Ok(_) => Ok(generated),
            Err(Conflict) => Err(invalid(format!(
                "there is a client {} already; remove it first, or rotate its secret",
                record.client.id
            ))),
        }
    }

    /// Every client; none if the store can't list.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self) -> Result<Option<Vec<Client>>, Error> {
        let mut found: Vec<Client> = Vec::new();
        let mut after = None;
        loop {
            let Some(page) = self.clients.page(after.as_ref(), 500).await? else {
                return Ok(None);
            };
            let records = page.records.into_iter();
            found.extend(records.map(|(_, versioned)| versioned.record.client));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        found.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Some(found))
    }

    /// Removes a client, and with it all that was issued to it. Whether there was one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn remove(&self, id: &str) -> Result<bool, Error> {
        let key = self.clients.key_of_name(id);
        let resource = self
            .clients
            .get(&key)
            .await?
            .and_then(|c| c.record.client.resource);
        let removed = self.clients.remove(&key).await?;
        if let Some(resource) = resource {
            let key = self.resources.key_of_name(&resource);
            self.resources.remove(&key).await?;
        }
        self.cache.remove(id);
        Ok(removed)
    }

    /// Gives a client a new secret; the old ones are good no longer. The generated secret, or none
    /// if `chosen` was taken.
    ///
    /// # Errors
    /// There is no such client, it is public, or the store failed.
    pub async fn rotate_secret(
        &self,
        id: &str,
        chosen: Option<Secret>,
    ) -> Result<Option<Secret>, Error> {
        let key = self.clients.key_of_name(id);
        for _ in 0..8 {
            let Some(Versioned {
                mut record,
                version,
            }) = self.clients.get(&key).await?
            else {
                return Err(invalid(format!("there is no client {id}")));
            };
            if record.client.public {
                return Err(invalid(format!(
                    "the client {id} is public and has no secret"
                )));
            }
            let (hash, generated) = match &chosen {
                Some(secret) => (SecretHash::chosen(secret, id, &self.secret_key), None),
                None => {
                    let secret = Secret::new(self.environment.random_text::<32>());
                    (SecretHash::generated(&secret), Some(secret))
                }
            };
            record.secrets = vec![hash];
            if self.clients.update(&key, &record, version).await?.is_ok() {
                self.cache.remove(id);
                return Ok(generated);
            }
        }
        Err(Error::Contention)
    }

    /// A client that was read at most [`CACHE_TTL`] ago. One that is not there is looked up every
    /// time, so that a new one is found at once.
    async fn read(&self, id: &str) -> Result<Option<Credentials>, Error> {
        if let Some(cached) = self.cache.get(id) {
            return Ok(Some(cached));
        }
        let read_at = self.cache.before_reading();
        let key = self.clients.key_of_name(id);
        let Some(versioned) = self.clients.get(&key).await? else {
            self.cache.remove(id);
            return Ok(None);
        };
        let client = Arc::new(versioned.record.client);
        let secrets: Arc<[SecretHash]> = versioned.record.secrets.into();
        let credentials = (client, secrets);
        self.cache
            .insert(id.to_owned(), credentials.clone(), read_at);
        Ok(Some(credentials))
    }

    async fn owner_of(&self, resource: &str) -> Result<Option<String>, Error> {
        let key = self.resources.key_of_name(resource);
        let Some(index) = self.resources.get(&key).await? else {
            return Ok(None);
        };
        let owner = self.read(&index.record.client_id).await?;
        let owner = owner.filter(|(client, _)| client.resource.as_deref() == Some(resource));
        Ok(owner.map(|(client, _)| client.id.clone()))
    }
}

impl Clients for StoredClients {
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Arc<Client>>, Error>> {
        Box::pin(async move { Ok(self.read(id).await?.map(|(client, _)| client)) })
    }

    fn verify_secret<'a>(
        &'a self,
        client: &'a Client,
        secret: &'a Secret,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let Some((_, secrets)) = self.read(&client.id).await? else {
                return Ok(false);
            };
            let verify = |hash: &SecretHash| hash.verify(secret, &client.id, &self.secret_key);
            Ok(secrets.iter().any(verify))
        })
    }

    fn is_resource<'a>(&'a self, resource: &'a str) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move { Ok(self.owner_of(resource).await?.is_some()) })
    }
}

fn invalid(description: String) -> Error {
    Error::refused(ErrorCode::InvalidRequest, description)
}
