//! Many records in MongoDB.

use std::sync::Arc;

use futures_util::future::try_join_all;
use grantor_http::system;
use grantor_store::Store;
use grantor_store_mongodb::MongodbStore;
use grantor_testservers::MongoDb;
use harness::Result;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};
use mongodb::options::{Acknowledgment, WriteConcern};
use mongodb::{Client, Collection, Database};

use super::random_changes::{PREFIX, of_number};
use super::{Bulk, Filled, VALUE};
use crate::load::TASKS;

/// How many records one statement creates.
const STEP: u64 = 5_000;
/// How many statements run at once.
const FILLING: u64 = 4;
/// The memory for its data, in GB.
const CACHE: u32 = 8;

pub(super) struct Filling {
    store: Arc<MongodbStore>,
    database: Database,
    _server: MongoDb,
}

/// A server that keeps all of it in memory.
pub(super) async fn start(_: u64) -> Result<Filling> {
    let server = MongoDb::start_with_cache(CACHE)?;
    let connections = TASKS + 1;
    let url = format!("{}&maxPoolSize={connections}", server.url());
    let store = MongodbStore::open(&url).await?;
    let client = Client::with_uri_str(server.url()).await?;
    Ok(Filling {
        store: Arc::new(store),
        database: client.database("grantor"),
        _server: server,
    })
}

impl Filling {
    async fn insert(&self, from: u64, to: u64, first_dead: i64) -> Result<()> {
        let records: Collection<Document> = self.database.collection("grantor_records");
        let done = WriteConcern::builder().w(Acknowledgment::Nodes(1)).build();
        for first in (from..to).step_by(usize::try_from(STEP)?) {
            let rows = (first..to.min(first + STEP)).map(|number| {
                let at = first_dead + i64::try_from(number - from).unwrap_or(0);
                row(number, at)
            });
            let insert = records.insert_many(rows).ordered(false);
            insert.write_concern(done.clone()).await?;
        }
        Ok(())
    }
}

/// A record as the store writes it.
fn row(number: u64, at: i64) -> Document {
    let (environment, binary) = (system(), |bytes: &[u8]| Binary {
        subtype: BinarySubtype::Generic,
        bytes: bytes.to_vec(),
    });
    let key = [&PREFIX[..], &of_number(number)].concat();
    let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    doc! {
        "_id": key,
        "v": binary(&of_number(number)),
        "d": binary(&environment.random_bytes::<VALUE>()),
        "e": at,
        "s": at,
    }
}

impl Filled for Filling {
    fn store(&self) -> Arc<dyn Store> {
        Arc::<MongodbStore>::clone(&self.store)
    }

    /// Writes down what is in memory alone.
    async fn settle(&self) -> Result<()> {
        let administration = self.database.client().database("admin");
        administration.run_command(doc! { "fsync": 1 }).await?;
        Ok(())
    }

    async fn bytes(&self) -> Result<f64> {
        let size = doc! { "collStats": "grantor_records" };
        let size = self.database.run_command(size).await?;
        let of = |name| match size.get(name) {
            Some(Bson::Int32(bytes)) => Ok(f64::from(*bytes)),
            Some(Bson::Int64(bytes)) => Ok(*bytes as f64),
            Some(Bson::Double(bytes)) => Ok(*bytes),
            other => Err(format!("collStats has {other:?} as {name}")),
        };
        Ok(of("storageSize")? - of("freeStorageSize")? + of("totalIndexSize")?)
    }
}

impl Bulk for Filling {
    async fn fill(&self, from: u64, to: u64, expires_at: i64) -> Result<()> {
        let part = (to - from).div_ceil(FILLING).max(1);
        let parts = (from..to).step_by(usize::try_from(part)?).map(|first| {
            let at = expires_at + i64::try_from(first - from).unwrap_or(0);
            self.insert(first, to.min(first + part), at)
        });
        try_join_all(parts).await.map(drop)
    }
}
