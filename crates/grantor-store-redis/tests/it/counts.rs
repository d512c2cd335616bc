//! Counts last for their window and short-lived records for their life, whatever the clock of the server says.

use std::time::Duration;

use grantor_store_redis::RedisStore;
use grantor_testservers::Redis;
use grantor_testservers::store_counts::{
    WINDOW, count_by_the_callers_clock, keep_by_the_callers_clock,
};

use crate::{administer, block_on, runtime};

#[test]
fn a_short_lived_record_is_kept_for_its_life_where_the_clocks_of_caller_and_server_differ() {
    let server = Redis::start().unwrap();
    block_on(&runtime(), async {
        let store = RedisStore::open(&server.url()).await.unwrap();
        keep_by_the_callers_clock(&store).await;
    });
}

#[test]
fn a_count_lasts_for_its_window_where_the_clocks_of_caller_and_server_differ() {
    let server = Redis::start().unwrap();
    block_on(&runtime(), async {
        let store = RedisStore::open(&server.url()).await.unwrap();
        count_by_the_callers_clock(&store).await;
        for name in ["behind", "ahead"] {
            let keys = administer(&server.url(), "KEYS grantor#*").await;
            let keys: Vec<Vec<u8>> = redis::from_redis_value(keys).unwrap();
            let key = keys.iter().find(|key| key.ends_with(name.as_bytes()));
            let left = time_left(&server, key.unwrap()).await;
            assert!(left > WINDOW && left <= WINDOW * 2, "{name}: {left:?}");
        }
    });
}

/// How long a key is kept.
async fn time_left(server: &Redis, key: &[u8]) -> Duration {
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let left = redis::cmd("PTTL")
        .arg(key)
        .query_async(&mut connection)
        .await;
    Duration::from_millis(left.unwrap())
}
