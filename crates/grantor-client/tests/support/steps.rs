//! The steps of a renewal, seen from the store and the transport: a process can stop at one of them,
//! and tell whether it waits for anything but time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use grantor_core::BoxFuture;
use grantor_http::{ReqwestTransport, Transport, TransportError};
use grantor_store::{
    Capabilities, Entry, Error, Expect, Key, Put, PutOutcome, RemoveOutcome, Store,
};
use http::{Request, Response};

use super::child::say;

/// Where a process stops, as a name; never, if it is none of them.
#[derive(Debug, Clone)]
pub(crate) struct Steps {
    stop_at: Arc<str>,
    busy: Arc<AtomicUsize>,
}

impl Steps {
    pub(crate) fn stopping_at(name: &str) -> Self {
        Self {
            stop_at: name.into(),
            busy: Arc::default(),
        }
    }

    pub(crate) fn store(&self, store: impl Store) -> Arc<dyn Store> {
        let steps = self.clone();
        Arc::new(Stepping { steps, of: store })
    }

    pub(crate) fn transport(&self) -> impl Transport + use<> {
        let steps = self.clone();
        let of = ReqwestTransport::new().unwrap();
        Stepping { steps, of }
    }

    /// Returns whether a disk or a socket is waited for.
    pub(crate) fn busy(&self) -> bool {
        self.busy.load(Ordering::SeqCst) > 0
    }

    fn reach(&self, name: &str) {
        if *self.stop_at == *name {
            say(name);
            loop {
                std::thread::park();
            }
        }
    }

    async fn counted<T>(&self, work: impl Future<Output = T>) -> T {
        self.busy.fetch_add(1, Ordering::SeqCst);
        let _busy = Busy(&self.busy);
        work.await
    }
}

struct Busy<'a>(&'a AtomicUsize);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Debug)]
struct Stepping<T> {
    steps: Steps,
    of: T,
}

impl<S: Store> Store for Stepping<S> {
    fn capabilities(&self) -> Capabilities {
        self.of.capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(self.steps.counted(self.of.get(key)))
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            // The kind of a record is in its key.
            let kind = &put.key.as_bytes()[8..10];
            if kind == b"cz" {
                self.steps.reach("before the lease");
            }
            let outcome = self.steps.counted(self.of.put(put)).await;
            match kind {
                b"cz" => self.steps.reach("lease taken"),
                b"lo" => self.steps.reach("login stored"),
                b"ca" => self.steps.reach("token stored"),
                _ => {}
            }
            outcome
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        Box::pin(self.steps.counted(self.of.remove(key, expect)))
    }
}

impl<T: Transport> Transport for Stepping<T> {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let is_token_request = request.uri().path() == "/token";
            let answer = self.steps.counted(self.of.send(request)).await;
            if is_token_request {
                self.steps.reach("answered");
            }
            answer
        })
    }
}
