//! A memory store whose writes of logins can fail, and that shows what was written.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use grantor_core::BoxFuture;
use grantor_store::{
    Applied, Capabilities, Entry, Error, Expect, Key, MemoryStore, Put, PutOutcome, RemoveOutcome,
    Store,
};

#[derive(Debug, Default)]
pub(crate) struct FaultyStore {
    memory: MemoryStore,
    refuses_logins: AtomicBool,
    written: Mutex<Vec<u8>>,
    keys: Mutex<Vec<Vec<u8>>>,
}

impl FaultyStore {
    pub(crate) fn refuse_logins(&self, refuse: bool) {
        self.refuses_logins.store(refuse, Ordering::SeqCst);
    }

    /// All keys and values that were ever put.
    pub(crate) fn written(&self) -> Vec<u8> {
        self.written.lock().unwrap().clone()
    }

    /// All keys that were ever put.
    pub(crate) fn keys(&self) -> Vec<Vec<u8>> {
        self.keys.lock().unwrap().clone()
    }
}

impl Store for FaultyStore {
    fn capabilities(&self) -> Capabilities {
        self.memory.capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.memory.get(key)
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        let is_login = &put.key.as_bytes()[8..10] == b"lo";
        if is_login && self.refuses_logins.load(Ordering::SeqCst) {
            let error = Error::unavailable("refused by the test", Applied::No);
            return Box::pin(std::future::ready(Err(error)));
        }
        let key = put.key.as_bytes().to_vec();
        self.keys.lock().unwrap().push(key);
        let mut written = self.written.lock().unwrap();
        written.extend_from_slice(put.key.as_bytes());
        written.extend_from_slice(&put.value);
        self.memory.put(put)
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.memory.remove(key, expect)
    }
}
