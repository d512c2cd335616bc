//! The lookup of clients in the server's store.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use grantor_core::{BoxFuture, Environment, Timestamp};
use grantor_jose::digest::MacKey;
use grantor_store::{Cached, Diagnostics, Records, Stores};

use super::record::{ClientRecord, ResourceRecord};
use super::{
    Client, ClientAuthMethod, Clients, Credentials, Registered, SecretHashes, SharedSecrets,
};
use crate::build_error::BuildError;
use crate::cached::{CACHE_CAPACITY, CACHE_TTL};
use crate::error::Error;
use crate::key::{KeyRules, Keys, KeysRecord, Purpose};

mod registrar;
mod registration;

pub(crate) use registration::SelfRegistered;

/// Clients in the server's own store.
#[derive(Debug)]
pub struct StoredClients {
    clients: Records<ClientRecord>,
    resources: Records<ResourceRecord>,
    environment: Environment,
    secret_key: MacKey,
    cache: Cached<String, Registered>,
}

/// A client, and what is known of its secrets.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoredClient {
    /// The client.
    pub client: Client,
    /// When each of its valid secrets ends, the newest first; never, if absent.
    pub secrets: Vec<Option<Timestamp>>,
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
        let keys = Keys::load(keys, stores.environment(), KeyRules::NONE).await?;
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

    /// The same, with copies of clients in memory that are at most so old.
    pub(crate) fn cached_for(mut self, longest: Duration) -> Self {
        self.cache = Cached::new(self.environment.clone(), CACHE_CAPACITY, longest);
        self
    }

    pub(crate) fn with_keys(mut self, keys: &Keys) -> Self {
        self.secret_key = keys.for_purpose(Purpose::ClientSecrets);
        self
    }

    /// Every client; none if the store can't list.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self) -> Result<Option<Vec<Client>>, Error> {
        list(&self.clients).await
    }

    /// The clients in `stores`, for a program that only reads: it makes no keys, and the store may be
    /// open for reading only. None if the store can't list.
    ///
    /// # Errors
    /// The stores can't carry clients, or can't be read.
    pub async fn list_in(stores: &Stores) -> Result<Option<Vec<Client>>, Error> {
        let clients = stores.records::<ClientRecord>().map_err(Error::Internal)?;
        list(&clients).await
    }

    /// A client in `stores` with what is known of its secrets, for a program that only reads, as
    /// [`list_in`](Self::list_in).
    ///
    /// # Errors
    /// The stores can't carry clients, or can't be read.
    pub async fn find_in(stores: &Stores, id: &str) -> Result<Option<StoredClient>, Error> {
        let clients = stores.records::<ClientRecord>().map_err(Error::Internal)?;
        let Some(versioned) = clients.get(&clients.key_of_name(id)).await? else {
            return Ok(None);
        };
        let now = stores.environment().now();
        let valid = versioned.record.secrets.iter();
        let secrets = valid.filter(|secret| secret.is_valid(now));
        Ok(Some(StoredClient {
            secrets: secrets.map(|secret| secret.expires_at).collect(),
            client: versioned.record.into_client(),
        }))
    }

    /// A client and its credentials, at most as old as the cache allows. An unknown client is looked up
    /// every time, so that a new one is found at once.
    async fn read(&self, id: &str) -> Result<Option<Registered>, Error> {
        if let Some(registered) = self.cache.get(id) {
            return Ok(Some(registered));
        }
        let read_at = self.cache.before_reading();
        let key = self.clients.key_of_name(id);
        let Some(versioned) = self.clients.get(&key).await? else {
            self.cache.remove(id);
            return Ok(None);
        };
        let registered = self.registered(versioned.record);
        self.cache
            .insert(id.to_owned(), registered.clone(), read_at);
        Ok(Some(registered))
    }

    fn registered(&self, mut record: ClientRecord) -> Registered {
        let secrets = std::mem::take(&mut record.secrets);
        let client = record.into_client();
        let credentials = match client.auth_method {
            method if !method.has_secret() => Credentials::None,
            ClientAuthMethod::ClientSecretJwt => {
                let opened = secrets.iter().filter_map(|stored| {
                    let secret = stored.hash.open(&client.id, &self.secret_key)?;
                    Some((secret, stored.expires_at))
                });
                Credentials::Shared(Arc::new(SharedSecrets(opened.collect())))
            }
            _ => Credentials::Hashes(Arc::new(SecretHashes {
                client_id: client.id.clone(),
                secrets,
                key: self.secret_key.clone(),
                verified: Mutex::default(),
            })),
        };
        Registered::new(client, credentials)
    }

    /// The client that a resource belongs to.
    async fn owner_of(&self, resource: &str) -> Result<Option<String>, Error> {
        let key = self.resources.key_of_name(resource);
        let Some(index) = self.resources.get(&key).await? else {
            return Ok(None);
        };
        let owner = self.read(&index.record.client_id).await?;
        let owner = owner.map(|registered| registered.client);
        let owner = owner.filter(|c| c.resource_identifier.as_deref() == Some(resource));
        Ok(owner.map(|client| client.id.clone()))
    }
}

async fn list(clients: &Records<ClientRecord>) -> Result<Option<Vec<Client>>, Error> {
    let mut found: Vec<Client> = Vec::new();
    let mut after = None;
    loop {
        let Some(page) = clients.page(after.as_ref(), 500).await? else {
            return Ok(None);
        };
        let records = page.records.into_iter();
        found.extend(records.map(|(_, versioned)| versioned.record.into_client()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Some(found))
}

impl Clients for StoredClients {
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Registered>, Error>> {
        Box::pin(self.read(id))
    }

    fn is_resource<'a>(&'a self, resource: &'a str) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move { Ok(self.owner_of(resource).await?.is_some()) })
    }

    fn is_current<'a>(&'a self, id: &'a str, epoch: &'a str) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let registered = self.read(id).await?;
            Ok(registered.is_some_and(|registered| registered.client.epoch == epoch))
        })
    }
}
