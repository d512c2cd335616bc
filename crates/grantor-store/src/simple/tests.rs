//! Tests of the adapter for simple stores.

use std::collections::HashMap;
use std::sync::Mutex as Held;

use super::*;
use crate::Class;
use crate::testing::block_on;

#[derive(Debug, Default)]
struct Cache(Held<HashMap<String, Bytes>>);

impl SimpleStore for Cache {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>, SimpleError>> {
        let value = self.0.lock().unwrap().get(key).cloned();
        Box::pin(std::future::ready(Ok(value)))
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        _expires_at: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), SimpleError>> {
        self.0.lock().unwrap().insert(key.to_owned(), value);
        Box::pin(std::future::ready(Ok(())))
    }
}

#[test]
fn carries_caches_only() {
    let capabilities = SimpleAdapter::new(Cache::default()).capabilities();
    assert_eq!(Class::Cache.refuses(&capabilities), None);
    for class in [Class::ShortLived, Class::Transition, Class::Guard] {
        let reason = class.refuses(&capabilities).unwrap();
        assert!(reason.contains("per process only"), "{reason}");
    }
}

#[test]
fn refuses_what_it_did_not_write() {
    let store = SimpleAdapter::new(Cache::default());
    let key = Key::from_bytes(b"key").unwrap();
    for foreign in [&b""[..], b"{\"token\":1}", &[RECORD; 24]] {
        let value = Bytes::copy_from_slice(foreign);
        block_on(store.simple.set(&name(&key), value, None)).unwrap();
        assert!(block_on(store.get(&key)).unwrap_err().is_corrupt());
    }
}
