//! Sealed values over a store: what is true of the bytes is true of the secrets in them.

use bytes::Bytes;
use grantor_core::BoxFuture;
use grantor_jose::seal::{Context, SealingKey};
use grantor_store::contract::run;
use grantor_store::{
    Capabilities, Entry, Error, Expect, Key, Listing, MemoryStore, Put, PutOutcome, RemoveOutcome,
    Store, Version,
};

/// Seals as records do.
#[derive(Debug)]
struct Sealed {
    store: MemoryStore,
    key: SealingKey,
}

/// The bytes that sealing adds to a value.
const OVERHEAD: usize = 17;

fn context<'a>(key: &'a Key, version: &'a Version) -> Context<'a> {
    Context {
        kind: b"xx",
        key: key.as_bytes(),
        version: &version.0,
    }
}

impl Sealed {
    fn open(&self, key: &Key, entry: &Entry) -> Result<Entry, Error> {
        let opened = self.key.open(&context(key, &entry.version), &entry.value);
        let opened = opened.map_err(|error| Error::corrupt(error.to_string()))?;
        let value = Bytes::copy_from_slice(&opened);
        Ok(Entry {
            value,
            ..entry.clone()
        })
    }
}

impl Store for Sealed {
    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move {
            let entry = self.store.get(key).await?;
            entry.map(|entry| self.open(key, &entry)).transpose()
        })
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            let value = self.key.seal(&context(&put.key, &put.version), &put.value);
            let value = value.unwrap().into();
            let put = put.clone();
            self.store.put(&Put { value, ..put }).await
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.store.remove(key, expect)
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(self)
    }
}

impl Listing for Sealed {
    fn list<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Key, Entry)>, Error>> {
        Box::pin(async move {
            let page = self.store.list(prefix, after, limit).await?;
            page.into_iter()
                .map(|(key, entry)| Ok((key, self.open(&key, &entry)?)))
                .collect()
        })
    }
}

#[test]
fn sealed_values_keep_the_contract() {
    let outcome = run(|| {
        let store = MemoryStore::new();
        let key = SealingKey::new(&[3; 32]);
        super::suite(Sealed { store, key }).max_value(Put::MAX_VALUE - OVERHEAD)
    });
    assert_eq!(outcome, Ok(()));
}
