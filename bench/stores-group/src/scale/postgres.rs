//! Many records in PostgreSQL.

use std::sync::Arc;

use futures_util::future::{BoxFuture, try_join_all};
use grantor_store::{Expect, Put, Store};
use grantor_store_postgres::PostgresStore;
use grantor_testservers::Postgres;
use harness::Result;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Statement};

use super::{Bulk, Change, Filled, VALUE};
use crate::load::TASKS;

/// How many records one statement creates.
const STEP: u64 = 500_000;

pub(super) struct Filling {
    store: Arc<PostgresStore>,
    plain: Plain,
    client: Client,
    _server: Postgres,
}

/// A server that keeps so many records in its memory, and makes no checkpoint in between. What is
/// written into a new table goes into no log; what is changed waits for the disk, as in production.
///
/// It takes huge pages where the system has some (`vm.nr_hugepages`), as PostgreSQL's manual says of
/// much memory: otherwise each of its processes has a page fault for each page of 4 KiB that it sees
/// first, and the processor finds few of them in its tables.
pub(super) async fn start(records: u64) -> Result<Filling> {
    let buffers = match records {
        ..1_000_000 => "shared_buffers=256MB",
        _ => "shared_buffers=8GB",
    };
    let settings = [
        buffers,
        "huge_pages=try",
        "fsync=on",
        "wal_level=minimal",
        "max_wal_senders=0",
        "max_wal_size=16GB",
        "checkpoint_timeout=1d",
        "maintenance_work_mem=256MB",
    ];
    let server = Postgres::start_with(&settings)?;
    let connections = TASKS + 1;
    let url = format!("{}?max_connections={connections}", server.url());
    let store = PostgresStore::open(&url).await?;
    let (client, driving) = tokio_postgres::connect(&server.url(), NoTls).await?;
    tokio::spawn(driving);
    let address = server.url();
    let plain = try_join_all((0..TASKS).map(|_| plain(&address))).await?;
    Ok(Filling {
        store: Arc::new(store),
        plain: Plain(plain),
        client,
        _server: server,
    })
}

/// A connection for each task.
struct Plain(Vec<(Client, Statement)>);

async fn plain(url: &str) -> Result<(Client, Statement)> {
    let (client, driving) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(driving);
    // The least that changes a record whose version is expected.
    let update = "UPDATE grantor_records SET version = $2, value = $3
                  WHERE key = $1 AND version = $4";
    let update = client.prepare(update).await?;
    Ok((client, update))
}

impl Change for Plain {
    fn change<'a>(&'a self, task: usize, put: &'a Put) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let (client, update) = &self.0[task];
            let Expect::Version(before) = put.expect else {
                return Ok(false);
            };
            let (key, value) = (put.key.as_bytes(), &put.value[..]);
            let (before, version) = (&before.0[..], &put.version.0[..]);
            let values: [&(dyn ToSql + Sync); 4] = [&key, &version, &value, &before];
            Ok(client.execute(update, &values).await? == 1)
        })
    }
}

impl Filled for Filling {
    fn store(&self) -> Arc<dyn Store> {
        Arc::<PostgresStore>::clone(&self.store)
    }

    /// The first write to a page after a checkpoint also logs the whole page. Here each page has been
    /// written since then, as in the middle between two checkpoints.
    async fn settle(&self) -> Result<()> {
        let settle = [
            "CHECKPOINT",
            "SET wal_compression = on",
            "VACUUM (FREEZE, ANALYZE) grantor_records",
        ];
        for statement in settle {
            self.client.batch_execute(statement).await?;
        }
        Ok(())
    }

    async fn bytes(&self) -> Result<f64> {
        let size = "SELECT pg_total_relation_size('grantor_records')";
        let bytes: i64 = self.client.query_one(size, &[]).await?.try_get(0)?;
        Ok(bytes as f64)
    }
}

impl Bulk for Filling {
    fn plain(&self) -> Option<&dyn Change> {
        Some(&self.plain)
    }

    async fn fill(&self, from: u64, to: u64, expires_at: i64) -> Result<()> {
        for first in (from..to).step_by(usize::try_from(STEP)?) {
            let last = to.min(first + STEP) - 1;
            let fill = format!(
                "INSERT INTO grantor_records (key, version, expires_at, sweep_at, value)
                 SELECT convert_to('measuredgr', 'UTF8') || number, number,
                        {expires_at} + n - {from}, {expires_at} + n - {from},
                        convert_to(repeat('v', {VALUE}), 'UTF8')
                 FROM (SELECT n, decode(lpad(to_hex(n), 32, '0'), 'hex') AS number
                       FROM generate_series({first}::bigint, {last}::bigint) AS n) AS numbers"
            );
            self.client.batch_execute(&fill).await?;
        }
        Ok(())
    }

    async fn fill_first(&self, records: u64, expires_at: i64) -> Result<()> {
        let begin = "BEGIN; TRUNCATE grantor_records";
        self.client.batch_execute(begin).await?;
        self.fill(0, records, expires_at).await?;
        Ok(self.client.batch_execute("COMMIT").await?)
    }
}
