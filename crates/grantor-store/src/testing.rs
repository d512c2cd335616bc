//! A clock that moves only when it is set, bytes that never repeat, and two kinds of record.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use grantor_core::{BoxFuture, Clock, Environment, Random, Timestamp};
use grantor_jose::digest::sha256;
use serde::{Deserialize, Serialize};

use crate::capabilities::Class;
use crate::key::Namespace;
use crate::kinds::Kind;
use crate::memory::MemoryStore;
use crate::placement::Placement;
use crate::record::Record;
use crate::records::Records;

#[derive(Debug, Default)]
pub(crate) struct Fake {
    now: AtomicI64,
    drawn: AtomicU64,
    pauses: Mutex<Vec<Duration>>,
}

impl Fake {
    pub(crate) fn set(&self, secs: i64) {
        self.now.store(secs * 1000, Ordering::Relaxed);
    }

    /// How long was slept, time by time; no time went by.
    pub(crate) fn pauses(&self) -> Vec<Duration> {
        self.pauses.lock().unwrap().clone()
    }
}

impl Clock for Fake {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::Relaxed))
    }

    /// Wall time never jumps here.
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.now.load(Ordering::Relaxed).unsigned_abs())
    }

    fn retry_pause(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.pauses.lock().unwrap().push(duration);
        Box::pin(std::future::ready(()))
    }
}

impl Random for Fake {
    fn fill(&self, bytes: &mut [u8]) {
        let block = self.drawn.fetch_add(1, Ordering::Relaxed);
        for (at, chunk) in bytes.chunks_mut(32).enumerate() {
            let input = [block.to_be_bytes(), (at as u64).to_be_bytes()].concat();
            chunk.copy_from_slice(&sha256(&input)[..chunk.len()]);
        }
    }
}

pub(crate) fn environment() -> (Arc<Fake>, Environment) {
    let fake = Arc::new(Fake::default());
    let environment = Environment {
        clock: Arc::<Fake>::clone(&fake),
        random: Arc::<Fake>::clone(&fake),
    };
    (fake, environment)
}

/// Records in a store of their own.
pub(crate) fn records<R: Record>() -> (Arc<Fake>, Records<R>) {
    let (fake, environment) = environment();
    let namespace = Namespace::new("https://issuer.example");
    let placement = Placement::new(Arc::new(MemoryStore::new()), namespace, environment);
    (fake, Records::open(&placement).unwrap())
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) text: String,
    pub(crate) expires: Option<i64>,
}

impl Record for Code {
    const KIND: Kind = Kind::new(*b"xc", "codes", Class::ShortLived);
    const NAME: &'static str = "an authorization code";

    fn expires_at(&self) -> Option<Timestamp> {
        self.expires.map(Timestamp::from_secs)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SigningKey {
    pub(crate) secret: String,
}

impl Record for SigningKey {
    const KIND: Kind = Kind::new(*b"xk", "signing-keys", Class::Transition);
    const NAME: &'static str = "a signing key";
    const SEALED: bool = true;

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

/// The result of a future of a store that never waits.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the memory store never waits")
}
