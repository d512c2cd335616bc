//! The work by the driver of Redis: one connection that all tasks share, and a script for writes.

use std::time::Duration;

use harness::Result;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Script, cmd};

use crate::driver::{Driver, EXPIRY, Record, wrote};

/// How long a call waits for its answer, as in the store.
const TIME: Duration = Duration::from_secs(2);

/// Compares the first sixteen bytes and writes.
const WRITE: &str = "
if redis.call('GETRANGE', KEYS[1], 0, 15) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1";

pub(crate) struct Plain {
    connection: MultiplexedConnection,
    write: Script,
}

pub(crate) async fn connect(url: &str) -> Result<Plain> {
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(TIME));
    let client = Client::open(url)?;
    Ok(Plain {
        connection: client
            .get_multiplexed_async_connection_with_config(&config)
            .await?,
        write: Script::new(WRITE),
    })
}

impl Plain {
    async fn write(&self, before: &[u8], record: &Record) -> Result<()> {
        let stored = [&record.version[..], &EXPIRY, &record.value].concat();
        let mut script = self.write.key(record.key.as_bytes());
        script.arg(before).arg(stored);
        let done: i64 = script.invoke_async(&mut self.connection.clone()).await?;
        wrote(done == 1)
    }
}

impl Driver for Plain {
    async fn get(&self, _: usize, record: &Record) -> Result<()> {
        let mut command = cmd("GET");
        command.arg(record.key.as_bytes());
        let found: Vec<u8> = command.query_async(&mut self.connection.clone()).await?;
        wrote(found.starts_with(&record.version))
    }

    async fn put(&self, _: usize, record: &Record) -> Result<()> {
        self.write(b"", record).await
    }

    async fn change(&self, _: usize, before: &[u8; 16], record: &Record) -> Result<()> {
        self.write(before, record).await
    }
}
