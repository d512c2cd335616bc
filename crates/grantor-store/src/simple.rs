//! Any cache with get and set as a [`Store`]: for a client's tokens, and nothing that must happen
//! once.

use std::fmt::Debug;

use bytes::Bytes;
use futures_util::lock::{Mutex, MutexGuard};
use grantor_core::{BoxFuture, Timestamp};
use grantor_jose::base64url;
use grantor_jose::digest::sha256;

use crate::capabilities::Capabilities;
use crate::error::{Applied, Error};
use crate::key::Key;
use crate::store::{Entry, Expect, Put, PutOutcome, RemoveOutcome, Store, Version};

/// The error of a [`SimpleStore`].
pub type SimpleError = Box<dyn std::error::Error + Send + Sync>;

/// Any cache that a program has already: get and set, for keeping tokens only.
///
/// Nothing in it is conditional, so two processes may fetch the same token at the same time, and
/// the later write wins. For anything else implement [`Store`].
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::{Arc, Mutex, PoisonError};
///
/// use bytes::Bytes;
/// use grantor_core::{BoxFuture, Timestamp};
/// use grantor_store::{SimpleAdapter, SimpleError, SimpleStore, Store};
///
/// #[derive(Debug, Default)]
/// struct MyCache(Mutex<HashMap<String, Bytes>>);
///
/// impl SimpleStore for MyCache {
///     fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>, SimpleError>> {
///         Box::pin(async move {
///             let cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
///             Ok(cache.get(key).cloned())
///         })
///     }
///
///     fn set<'a>(
///         &'a self,
///         key: &'a str,
///         value: Bytes,
///         _expires_at: Option<Timestamp>,
///     ) -> BoxFuture<'a, Result<(), SimpleError>> {
///         Box::pin(async move {
///             let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
///             cache.insert(key.to_owned(), value);
///             Ok(())
///         })
///     }
/// }
///
/// // What `store` of the client's builder takes.
/// let store: Arc<dyn Store> = Arc::new(SimpleAdapter::new(MyCache::default()));
/// ```
pub trait SimpleStore: Debug + Send + Sync + 'static {
    /// The bytes last set under `key`, if they are still there.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>, SimpleError>>;

    /// Sets `value` under `key`, at most 86 letters, digits, `-` and `_`. After `expires_at` it may
    /// be dropped. The value holds a token: it belongs in no log.
    fn set<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        expires_at: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), SimpleError>>;
}

/// Makes a [`SimpleStore`] a [`Store`] that carries caches.
///
/// It declares that it may lose anything, and that conditional puts hold within this process only:
/// so does single flight.
#[derive(Debug)]
pub struct SimpleAdapter<S> {
    simple: S,
    /// One of these is held from reading to writing.
    locks: [Mutex<()>; 64],
}

impl<S: SimpleStore> SimpleAdapter<S> {
    /// Takes the cache.
    pub fn new(simple: S) -> Self {
        Self {
            simple,
            locks: std::array::from_fn(|_| Mutex::new(())),
        }
    }

    async fn lock(&self, key: &Key) -> MutexGuard<'_, ()> {
        let hash = sha256(key.as_bytes())[0];
        self.locks[usize::from(hash) % self.locks.len()]
            .lock()
            .await
    }

    async fn read(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let bytes = self.simple.get(&name(key)).await.map_err(|source| {
            Error::unavailable("the cache can't be read", Applied::No).with_source(source)
        })?;
        bytes.map_or(Ok(None), |bytes| decode(&bytes))
    }

    async fn write(
        &self,
        key: &Key,
        bytes: Bytes,
        expires_at: Option<Timestamp>,
    ) -> Result<(), Error> {
        let written = self.simple.set(&name(key), bytes, expires_at).await;
        written.map_err(|source| {
            Error::unavailable("the cache can't be written", Applied::Unknown).with_source(source)
        })
    }
}

impl<S: SimpleStore> Store for SimpleAdapter<S> {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new("a store with get and set only")
            .may_evict()
            .loses_on_failover()
            .shared()
            .conditional_per_process()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(self.read(key))
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            put.check_size()?;
            let _held = self.lock(&put.key).await;
            let stored = self.read(&put.key).await?.map(|entry| entry.version);
            if let Some(outcome) = put.settled_by(stored) {
                return Ok(outcome);
            }
            self.write(&put.key, encode(put), put.expires_at).await?;
            Ok(PutOutcome::Stored)
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        Box::pin(async move {
            let _held = self.lock(key).await;
            let Some(entry) = self.read(key).await? else {
                return Ok(RemoveOutcome::Absent);
            };
            if !expect.holds(Some(entry.version)) {
                return Ok(RemoveOutcome::Conflict);
            }
            self.write(key, Bytes::from_static(&[REMOVED]), entry.expires_at)
                .await?;
            Ok(RemoveOutcome::Removed)
        })
    }
}

/// Caches differ in the keys they take; all take these.
fn name(key: &Key) -> String {
    base64url::encode(key.as_bytes())
}

/// A record, then: its version, its expiry in milliseconds (all ones: never), its value.
const RECORD: u8 = 1;
/// The mark of a removed record.
const REMOVED: u8 = 0;

const NEVER: i64 = -1;

fn encode(put: &Put) -> Bytes {
    let expires_at = put.expires_at.map_or(NEVER, Timestamp::as_millis);
    let mut bytes = Vec::with_capacity(25 + put.value.len());
    bytes.push(RECORD);
    bytes.extend_from_slice(&put.version.0);
    bytes.extend_from_slice(&expires_at.to_be_bytes());
    bytes.extend_from_slice(&put.value);
    bytes.into()
}

fn decode(bytes: &Bytes) -> Result<Option<Entry>, Error> {
    let parts = || {
        let (kind, rest) = bytes.split_first()?;
        let (version, rest) = rest.split_first_chunk()?;
        let (expires_at, _) = rest.split_first_chunk()?;
        Some((*kind, Version(*version), i64::from_be_bytes(*expires_at)))
    };
    match parts() {
        _ if **bytes == [REMOVED] => Ok(None),
        Some((RECORD, version, expires_at)) => Ok(Some(Entry {
            value: bytes.slice(25..),
            version,
            expires_at: (expires_at != NEVER).then(|| Timestamp::from_millis(expires_at)),
        })),
        _ => Err(Error::corrupt(
            "the cache holds what grantor did not put there",
        )),
    }
}

#[cfg(test)]
mod tests;
