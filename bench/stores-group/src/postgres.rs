//! The work by the driver of PostgreSQL: a connection and prepared statements for each task.

use harness::Result;
use tokio_postgres::{Client, NoTls, Statement, connect as open};

use crate::driver::{Driver, Record, wrote};
use crate::load::TASKS;

/// When the records expire.
const NEVER: Option<i64> = None;

pub(crate) struct Plain(Vec<Connection>);

struct Connection {
    client: Client,
    get: Statement,
    put: Statement,
    change: Statement,
}

pub(crate) async fn connect(url: &str) -> Result<Plain> {
    let mut connections = Vec::new();
    for _ in 0..TASKS {
        let (client, driving) = open(url, NoTls).await?;
        tokio::spawn(driving);
        connections.push(Connection {
            get: client
                .prepare("SELECT version, expires_at, value FROM grantor_records WHERE key = $1")
                .await?,
            put: client
                .prepare(
                    "INSERT INTO grantor_records (key, version, expires_at, sweep_at, value)
                     VALUES ($1, $2, $4, $4, $3) ON CONFLICT (key) DO NOTHING",
                )
                .await?,
            change: client
                .prepare(
                    "UPDATE grantor_records
                     SET version = $2, expires_at = $5, sweep_at = $5, value = $3
                     WHERE key = $1 AND version = $4",
                )
                .await?,
            client,
        });
    }
    Ok(Plain(connections))
}

impl Driver for Plain {
    async fn get(&self, task: usize, record: &Record) -> Result<()> {
        let one = &self.0[task];
        let row = one
            .client
            .query_one(&one.get, &[&record.key.as_bytes()])
            .await?;
        let (version, value): (&[u8], Vec<u8>) = (row.try_get(0)?, row.try_get(2)?);
        wrote(version == record.version && value.len() == record.value.len())
    }

    async fn put(&self, task: usize, record: &Record) -> Result<()> {
        let (one, version) = (&self.0[task], &record.version[..]);
        let (key, value) = (record.key.as_bytes(), &record.value[..]);
        let written = one
            .client
            .execute(&one.put, &[&key, &version, &value, &NEVER])
            .await?;
        wrote(written == 1)
    }

    async fn change(&self, task: usize, before: &[u8; 16], record: &Record) -> Result<()> {
        let (one, before, version) = (&self.0[task], &before[..], &record.version[..]);
        let (key, value) = (record.key.as_bytes(), &record.value[..]);
        let written = one
            .client
            .execute(&one.change, &[&key, &version, &value, &before, &NEVER])
            .await?;
        wrote(written == 1)
    }
}
