//! The work by a store of ours.

use std::sync::Arc;

use grantor_store::{Expect, Put, PutOutcome, Store, Version};
use harness::Result;

use crate::driver::{Driver, Record, wrote};

/// A store.
pub(crate) struct Ours(pub(crate) Arc<dyn Store>);

impl Ours {
    async fn write(&self, record: &Record, expect: Expect) -> Result<()> {
        let put = Put {
            key: record.key,
            value: record.value.clone(),
            version: Version(record.version),
            expires_at: None,
            expect,
        };
        wrote(self.0.put(&put).await? == PutOutcome::Stored)
    }
}

impl Driver for Ours {
    async fn get(&self, _: usize, record: &Record) -> Result<()> {
        let found = self.0.get(&record.key).await?;
        wrote(found.is_some_and(|entry| entry.version.0 == record.version))
    }

    async fn put(&self, _: usize, record: &Record) -> Result<()> {
        self.write(record, Expect::Absent).await
    }

    async fn change(&self, _: usize, before: &[u8; 16], record: &Record) -> Result<()> {
        self.write(record, Expect::Version(Version(*before))).await
    }
}
