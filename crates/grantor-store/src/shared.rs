//! A store that is shared is a store.

use std::sync::Arc;

use grantor_core::BoxFuture;

use crate::capabilities::Capabilities;
use crate::error::Error;
use crate::key::Key;
use crate::maintenance::Maintenance;
use crate::store::{
    Counter, Entry, Expect, Listing, Moment, Put, PutOutcome, RemoveOutcome, Store,
};

impl Store for Arc<dyn Store> {
    fn capabilities(&self) -> Capabilities {
        (**self).capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        (**self).get(key)
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        (**self).put(put)
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        (**self).remove(key, expect)
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        (**self).get_many(keys)
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        (**self).health()
    }

    fn observe_time(&self, moment: Moment) {
        (**self).observe_time(moment);
    }

    fn maintain(&self, moment: Moment) -> BoxFuture<'_, Result<Maintenance, Error>> {
        (**self).maintain(moment)
    }

    fn listing(&self) -> Option<&dyn Listing> {
        (**self).listing()
    }

    fn counter(self: Arc<Self>) -> Option<Arc<dyn Counter>> {
        Self::clone(&self).counter()
    }
}

#[cfg(all(test, feature = "contract"))]
mod tests {
    use super::*;
    use crate::MemoryStore;
    use crate::contract::{Suite, run};

    #[test]
    fn a_shared_store_keeps_the_contract() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        assert!(store.listing().is_some());
        assert!(Arc::new(Arc::clone(&store)).counter().is_some());
        let suite = || Suite::new(Arc::clone(&store), grantor_http::system());
        assert_eq!(run(suite), Ok(()));
    }
}
