//! What a store around another one leaves as it is.

/// The methods of `grantor_store::Store` with these names, which call those of `self.inner`.
macro_rules! forwarded {
    ($($method:ident),+) => {
        $($crate::store::forwarded::forwarded!(@ $method);)+
    };
    (@ capabilities) => {
        fn capabilities(&self) -> grantor_store::Capabilities {
            self.inner.capabilities()
        }
    };
    (@ get) => {
        fn get<'a>(
            &'a self,
            key: &'a grantor_store::Key,
        ) -> BoxFuture<'a, Result<Option<grantor_store::Entry>, grantor_store::Error>> {
            self.inner.get(key)
        }
    };
    (@ get_many) => {
        fn get_many<'a>(
            &'a self,
            keys: &'a [grantor_store::Key],
        ) -> BoxFuture<'a, Result<Vec<Option<grantor_store::Entry>>, grantor_store::Error>> {
            self.inner.get_many(keys)
        }
    };
    (@ remove) => {
        fn remove<'a>(
            &'a self,
            key: &'a grantor_store::Key,
            expect: grantor_store::Expect,
        ) -> BoxFuture<'a, Result<grantor_store::RemoveOutcome, grantor_store::Error>> {
            self.inner.remove(key, expect)
        }
    };
    (@ health) => {
        fn health(&self) -> BoxFuture<'_, Result<(), grantor_store::Error>> {
            self.inner.health()
        }
    };
    (@ maintain) => {
        fn maintain(
            &self,
            moment: grantor_store::Moment,
        ) -> BoxFuture<'_, Result<grantor_store::Maintenance, grantor_store::Error>> {
            self.inner.maintain(moment)
        }
    };
    (@ observe_time) => {
        fn observe_time(&self, moment: grantor_store::Moment) {
            self.inner.observe_time(moment);
        }
    };
    (@ listing) => {
        fn listing(&self) -> Option<&dyn grantor_store::Listing> {
            self.inner.listing()
        }
    };
    (@ counter) => {
        fn counter(self: Arc<Self>) -> Option<Arc<dyn grantor_store::Counter>> {
            Arc::clone(&self.inner).counter()
        }
    };
}

pub(super) use forwarded;
