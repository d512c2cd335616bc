//! The contract, on the stores of this crate and on stores that break it.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

mod broken;
mod durability;
mod files;
mod processes;
mod sealed;

use std::collections::HashMap;
use std::sync::Mutex;

use bytes::Bytes;
use grantor_core::{BoxFuture, Timestamp};
use grantor_store::contract::{Suite, run};
use grantor_store::{MemoryStore, SimpleAdapter, SimpleError, SimpleStore};

fn suite(store: impl grantor_store::Store) -> Suite {
    Suite::new(store, grantor_http::system())
}

#[test]
fn the_memory_store_keeps_the_contract() {
    assert_eq!(run(|| suite(MemoryStore::new())), Ok(()));
}

#[test]
fn a_memory_store_in_use_keeps_the_contract() {
    let store = std::sync::Arc::new(MemoryStore::new());
    for _ in 0..3 {
        assert_eq!(run(|| suite(broken::Wrapped::around(&store))), Ok(()));
    }
}

#[derive(Debug, Default)]
struct Dictionary(Mutex<HashMap<String, Bytes>>);

impl SimpleStore for Dictionary {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>, SimpleError>> {
        Box::pin(async move { Ok(self.0.lock().unwrap().get(key).cloned()) })
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        _expires_at: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), SimpleError>> {
        Box::pin(async move {
            self.0.lock().unwrap().insert(key.to_owned(), value);
            Ok(())
        })
    }
}

#[test]
fn get_and_set_keep_the_contract_within_a_process() {
    assert_eq!(
        run(|| suite(SimpleAdapter::new(Dictionary::default()))),
        Ok(())
    );
}
