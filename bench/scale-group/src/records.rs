//! Copies of the records that a grant leaves, under keys of their own.

use std::sync::Arc;

use grantor_store::{Entry, Expect, Key, Namespace, Put, PutOutcome, Store, Version};
use grantor_store_sqlite::SqliteStore;
use harness::{Error, Result};
use tokio::task::JoinSet;

/// Records of a server, to be copied.
pub(crate) struct Samples {
    /// A grant, and the mark that its subject has it.
    pub(crate) grant: [Sample; 2],
    /// An access token.
    pub(crate) token: Sample,
}

/// One record.
pub(crate) type Sample = (Key, Entry);

impl Samples {
    /// The last records of a store that has at least `least` of each kind.
    pub(crate) async fn of(store: &dyn Store, least: usize) -> Result<Self> {
        let mut grant = Vec::new();
        for kind in [*b"gr", *b"gs"] {
            grant.push(sample(store, kind, least).await?);
        }
        Ok(Self {
            grant: grant.try_into().map_err(|_| "two kinds are two records")?,
            token: sample(store, *b"at", least).await?,
        })
    }
}

async fn sample(store: &dyn Store, kind: [u8; 2], least: usize) -> Result<Sample> {
    let listing = store.listing().ok_or("the store lists nothing")?;
    let prefix = Namespace::new(server::NAMESPACE).key(kind, b"");
    let mut found = listing.list(&prefix, None, 2 * least).await?;
    match found.len() {
        number if number >= least => found.pop().ok_or_else(|| "no records".into()),
        number => Err(format!("{number} records of the kind {kind:?}").into()),
    }
}

/// Puts so many copies, whose keys are older than that of the record. Many are under way at once, which the
/// store writes together.
pub(crate) async fn put(store: &Arc<SqliteStore>, record: &Sample, number: u64) -> Result<()> {
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (store, record) = (Arc::clone(store), record.clone());
        tasks.spawn(async move {
            for copy in (task..number).step_by(TASKS as usize) {
                let outcome = store.put(&copied(&record, copy)?).await?;
                if outcome != PutOutcome::Stored {
                    return Err("a copy was there".into());
                }
            }
            Ok::<(), Error>(())
        });
    }
    tasks.join_all().await.into_iter().collect()
}

/// A copy with a number where the key has its time, or the beginning of its subject.
fn copied((key, entry): &Sample, number: u64) -> Result<Put> {
    let mut bytes = key.as_bytes().to_vec();
    let time = bytes
        .get_mut(TIME..TIME + 6)
        .ok_or("a key without a time")?;
    time.copy_from_slice(&number.to_be_bytes()[2..]);
    let mut version = [0; 16];
    version[..8].copy_from_slice(&number.to_be_bytes());
    Ok(Put {
        key: Key::from_bytes(&bytes).ok_or("a key that is too long")?,
        value: entry.value.clone(),
        version: Version(version),
        expires_at: entry.expires_at,
        expect: Expect::Absent,
    })
}

/// Where the identifier begins in a key, and with it its time.
const TIME: usize = 10;
const TASKS: u64 = 2_000;
