//! A clock that stands still until it is set, bytes that never repeat, and two kinds of record.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use grantor_core::{Clock, Environment, Random, Timestamp};
use grantor_jose::digest::sha256;
use serde::{Deserialize, Serialize};

use crate::{Class, Record};

#[derive(Debug, Default)]
pub(crate) struct Fake {
    now: AtomicI64,
    drawn: AtomicU64,
}

impl Fake {
    pub(crate) fn set(&self, secs: i64) {
        self.now.store(secs * 1000, Ordering::Relaxed);
    }
}

impl Clock for Fake {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::Relaxed))
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) text: String,
    pub(crate) expires: Option<i64>,
}

impl Record for Code {
    const KIND: [u8; 2] = *b"co";
    const NAME: &'static str = "an authorization code";
    const CLASS: Class = Class::ShortLived;

    fn expires_at(&self) -> Option<Timestamp> {
        self.expires.map(Timestamp::from_secs)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SigningKey {
    pub(crate) secret: String,
}

impl Record for SigningKey {
    const KIND: [u8; 2] = *b"sk";
    const NAME: &'static str = "a signing key";
    const CLASS: Class = Class::Transition;
    const SEALED: bool = true;

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

/// The result of a future of a store that never waits.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the memory store never waits")
}
