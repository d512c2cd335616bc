//! The work that every side does.

use bytes::Bytes;
use grantor_http::system;
use grantor_store::Key;
use harness::Result;

/// A record as it is written: a key, a version and a value of the size of a grant.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) key: Key,
    pub(crate) version: [u8; 16],
    pub(crate) value: Bytes,
}

impl Record {
    pub(crate) fn new() -> Result<Self> {
        let environment = system();
        let key = environment.random_bytes::<32>();
        Ok(Self {
            key: Key::from_bytes(&key).ok_or("a key that is too long")?,
            version: environment.random_bytes(),
            value: Bytes::from_static(&[b'v'; 400]),
        })
    }

    /// The same record, written anew.
    pub(crate) fn next(&self) -> Self {
        Self {
            version: system().random_bytes(),
            ..self.clone()
        }
    }
}

/// When a record is dead, where it is a part of the value: never.
pub(crate) const EXPIRY: [u8; 8] = i64::MAX.to_be_bytes();

/// One side: the store or its driver. `task` says whose connection is used, where each task has one.
pub(crate) trait Driver: Sync {
    /// Reads a record that is there.
    fn get(&self, task: usize, record: &Record) -> impl Future<Output = Result<()>> + Send;
    /// Creates a record.
    fn put(&self, task: usize, record: &Record) -> impl Future<Output = Result<()>> + Send;
    /// Writes a record over the version before.
    fn change(
        &self,
        task: usize,
        before: &[u8; 16],
        record: &Record,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// A write that had no effect.
pub(crate) fn wrote(done: bool) -> Result<()> {
    match done {
        true => Ok(()),
        false => Err("a write had no effect".into()),
    }
}
