//! Many records in MariaDB.

use std::sync::Arc;

use grantor_store::Store;
use grantor_store_mysql::MysqlStore;
use grantor_testservers::MariaDb;
use harness::Result;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, OptsBuilder};
use tokio::sync::Mutex;

use super::{Bulk, Filled, VALUE};
use crate::load::TASKS;

/// How many records one statement creates.
const STEP: u64 = 200_000;

pub(super) struct Filling {
    store: Arc<MysqlStore>,
    administrator: Mutex<Conn>,
    _server: MariaDb,
}

/// A server that keeps all of it in memory, on a disk that is no spinning one.
pub(super) async fn start(_: u64) -> Result<Filling> {
    let settings = [
        "--innodb-buffer-pool-size=7G",
        "--innodb-log-file-size=2G",
        "--innodb-io-capacity=20000",
        "--innodb-io-capacity-max=40000",
    ];
    let server = MariaDb::start_with(&settings)?;
    let connections = TASKS + 1;
    let url = format!("{}?max_connections={connections}", server.url());
    let store = MysqlStore::open(&url).await?;
    let options = OptsBuilder::from_opts(Opts::from_url(&server.administrator_url())?);
    let administrator = Conn::new(options.prefer_socket(Some(false))).await?;
    Ok(Filling {
        store: Arc::new(store),
        administrator: Mutex::new(administrator),
        _server: server,
    })
}

impl Filled for Filling {
    fn store(&self) -> Arc<dyn Store> {
        Arc::<MysqlStore>::clone(&self.store)
    }

    async fn settle(&self) -> Result<()> {
        let mut administrator = self.administrator.lock().await;
        administrator
            .query_drop("ANALYZE TABLE grantor_records")
            .await?;
        // Pages that are not on the disk yet are written while nothing is measured.
        let most_dirty = "SET GLOBAL innodb_max_dirty_pages_pct = ";
        administrator.query_drop(format!("{most_dirty}0")).await?;
        loop {
            let dirty = "SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'";
            let row: Option<(String, u64)> = administrator.query_first(dirty).await?;
            if row.is_none_or(|(_, pages)| pages < MOST_DIRTY) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        Ok(administrator.query_drop(format!("{most_dirty}90")).await?)
    }

    async fn bytes(&self) -> Result<f64> {
        // The file is made longer some megabytes before they are used.
        let size = "SELECT FILE_SIZE - DATA_FREE
                    FROM information_schema.INNODB_SYS_TABLESPACES, information_schema.TABLES
                    WHERE NAME = 'grantor/grantor_records'
                      AND TABLE_SCHEMA = 'grantor' AND TABLE_NAME = 'grantor_records'";
        let bytes: Option<u64> = self.administrator.lock().await.query_first(size).await?;
        Ok(bytes.ok_or("the size of the table")? as f64)
    }
}

impl Bulk for Filling {
    async fn fill(&self, from: u64, to: u64, expires_at: i64) -> Result<()> {
        let mut administrator = self.administrator.lock().await;
        for first in (from..to).step_by(usize::try_from(STEP)?) {
            let last = to.min(first + STEP) - 1;
            let fill = format!(
                "INSERT INTO grantor_records (record_key, version, expires_at, sweep_at, value)
                 SELECT CONCAT('measuredgr', UNHEX(LPAD(HEX(seq), 32, '0'))),
                        UNHEX(LPAD(HEX(seq), 32, '0')), {expires_at} + seq - {from},
                        {expires_at} + seq - {from}, REPEAT('v', {VALUE})
                 FROM seq_{first}_to_{last}"
            );
            administrator.query_drop(&fill).await?;
        }
        Ok(())
    }
}

/// How many pages may be in memory alone.
const MOST_DIRTY: u64 = 1_000;
