//! The work that every side does.

use grantor_http::system;
use harness::Result;

/// A record as it is written: a key, a version and a value of the size of a grant.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) key: Vec<u8>,
    pub(crate) version: [u8; 16],
    pub(crate) value: Vec<u8>,
}

impl Record {
    pub(crate) fn new() -> Self {
        let environment = system();
        Self {
            key: environment.random_bytes::<32>().to_vec(),
            version: environment.random_bytes(),
            value: vec![b'v'; 400],
        }
    }

    /// The same record, written anew.
    pub(crate) fn next(&self) -> Self {
        Self {
            version: system().random_bytes(),
            ..self.clone()
        }
    }
}

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
