//! The work by the driver of MySQL: a connection for each task, which keeps its statements.

use harness::Result;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, OptsBuilder};
use tokio::sync::Mutex;

use crate::driver::{Driver, Record, wrote};
use crate::load::TASKS;

pub(crate) struct Plain(Vec<Mutex<Conn>>);

pub(crate) async fn connect(url: &str) -> Result<Plain> {
    let options = OptsBuilder::from_opts(Opts::from_url(url)?)
        .prefer_socket(Some(false))
        .client_found_rows(true);
    let options = Opts::from(options);
    let mut connections = Vec::new();
    for _ in 0..TASKS {
        let connection = Conn::new(options.clone()).await?;
        connections.push(Mutex::new(connection));
    }
    Ok(Plain(connections))
}

/// When the records expire.
const NEVER: Option<i64> = None;

impl Driver for Plain {
    async fn get(&self, task: usize, record: &Record) -> Result<()> {
        let mut connection = self.0[task].lock().await;
        let select = "SELECT version, expires_at, value FROM grantor_records WHERE record_key = ?";
        let found: Option<(Vec<u8>, Option<i64>, Vec<u8>)> = connection
            .exec_first(select, (record.key.as_bytes(),))
            .await?;
        wrote(found.is_some_and(|(version, _, _)| version == record.version))
    }

    async fn put(&self, task: usize, record: &Record) -> Result<()> {
        let mut connection = self.0[task].lock().await;
        let insert =
            "INSERT INTO grantor_records (record_key, version, expires_at, sweep_at, value)
                      VALUES (?, ?, ?, expires_at, ?)";
        let values = (
            record.key.as_bytes(),
            &record.version[..],
            NEVER,
            &record.value[..],
        );
        connection.exec_drop(insert, values).await?;
        wrote(connection.affected_rows() == 1)
    }

    async fn change(&self, task: usize, before: &[u8; 16], record: &Record) -> Result<()> {
        let mut connection = self.0[task].lock().await;
        let update = "UPDATE grantor_records
                      SET version = ?, expires_at = ?, sweep_at = expires_at, value = ?
                      WHERE record_key = ? AND version = ?";
        let values = (
            &record.version[..],
            NEVER,
            &record.value[..],
            record.key.as_bytes(),
            &before[..],
        );
        connection.exec_drop(update, values).await?;
        wrote(connection.affected_rows() == 1)
    }
}
