//! Counts last for their window and short-lived records for their life, whatever the clock of the server says.

use grantor_store_memcached::MemcachedStore;
use grantor_testservers::Memcached;
use grantor_testservers::store_counts::{count_by_the_callers_clock, keep_by_the_callers_clock};

use crate::{block_on, runtime};

#[test]
fn a_short_lived_record_is_kept_for_its_life_where_the_clocks_of_caller_and_server_differ() {
    let server = Memcached::start().unwrap();
    block_on(&runtime(), async {
        let store = MemcachedStore::open(&server.url()).await.unwrap();
        keep_by_the_callers_clock(&store).await;
    });
}

#[test]
fn a_count_lasts_for_its_window_where_the_clocks_of_caller_and_server_differ() {
    let server = Memcached::start().unwrap();
    block_on(&runtime(), async {
        let store = MemcachedStore::open(&server.url()).await.unwrap();
        count_by_the_callers_clock(&store).await;
    });
}
