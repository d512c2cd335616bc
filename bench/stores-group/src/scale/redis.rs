//! Many records in Redis.

use std::sync::Arc;
use std::time::{Duration, Instant};

use grantor_store::Store;
use grantor_store_redis::RedisStore;
use grantor_testservers::Redis;
use harness::Result;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Script, cmd};

use super::random_changes::PREFIX;
use super::{Bulk, Filled, VALUE};

/// How many records one script creates.
const STEP: u64 = 20_000;

/// A record is its version, its expiry and its value.
const FILL: &str = "
for number = ARGV[1], ARGV[2] do
  local version = struct.pack('>i8i8', 0, number)
  local expires = struct.pack('>i8', ARGV[3] + number - ARGV[1])
  redis.call('SET', 'grantor:' .. ARGV[4] .. version, version .. expires .. ARGV[5])
end";

/// Access tokens, which Redis deletes right away.
const FILL_DEAD: &str = "
local time = redis.call('TIME')
local at = time[1] * 1000 + 50
for number = ARGV[1], ARGV[2] do
  local version = struct.pack('>i8i8', 0, number)
  redis.call('SET', 'grantor:measuredat' .. version, version .. version .. ARGV[3], 'PXAT', at)
end";

pub(super) struct Filling {
    store: Arc<RedisStore>,
    connection: MultiplexedConnection,
    _server: Redis,
}

/// A server that writes its log once a second and does not write it anew.
pub(super) async fn start(_: u64) -> Result<Filling> {
    let settings = ["--appendfsync everysec", "--auto-aof-rewrite-percentage 0"];
    let server = Redis::start_with(&settings)?;
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let client = Client::open(server.url())?;
    let connection = client.get_multiplexed_async_connection_with_config(&config);
    Ok(Filling {
        store: Arc::new(RedisStore::open(&server.url()).await?),
        connection: connection.await?,
        _server: server,
    })
}

impl Filled for Filling {
    fn store(&self) -> Arc<dyn Store> {
        Arc::<RedisStore>::clone(&self.store)
    }

    async fn bytes(&self) -> Result<f64> {
        let mut info = cmd("INFO");
        info.arg("memory");
        let info: String = info.query_async(&mut self.connection.clone()).await?;
        let used = info
            .lines()
            .find_map(|line| line.strip_prefix("used_memory:"));
        Ok(used.ok_or("the memory that is used")?.trim().parse()?)
    }
}

impl Bulk for Filling {
    async fn fill(&self, from: u64, to: u64, expires_at: i64) -> Result<()> {
        let (script, value) = (Script::new(FILL), vec![b'v'; VALUE]);
        for first in (from..to).step_by(usize::try_from(STEP)?) {
            let mut fill = script.prepare_invoke();
            fill.arg(first).arg(to.min(first + STEP) - 1);
            fill.arg(expires_at + i64::try_from(first - from)?);
            fill.arg(PREFIX).arg(&value[..]);
            let _: () = fill.invoke_async(&mut self.connection.clone()).await?;
        }
        Ok(())
    }

    /// Redis deletes by itself what dies soon.
    async fn delete_dead(&self, from: u64, records: u64) -> Result<Duration> {
        let size = || async {
            let size = cmd("DBSIZE");
            let size = size.query_async(&mut self.connection.clone()).await;
            Result::<u64>::Ok(size?)
        };
        let before = size().await?;
        let script = Script::new(FILL_DEAD);
        let mut fill = script.prepare_invoke();
        fill.arg(from)
            .arg(from + records - 1)
            .arg(vec![b'v'; VALUE]);
        let _: () = fill.invoke_async(&mut self.connection.clone()).await?;
        let began = Instant::now();
        while size().await? > before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(began.elapsed())
    }
}
