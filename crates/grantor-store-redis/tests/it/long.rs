//! Long runs, for `cargo xtask stores`: servers that are killed under load, again and again.

use std::sync::Arc;

use grantor_store::Store;
use grantor_store_redis::RedisStore;
use grantor_testservers::{Load, RedisCluster, RedisSentinels};

use crate::runtime;

/// How often a server is killed.
const ROUNDS: usize = 5;

async fn two(url: &str) -> [Arc<dyn Store>; 2] {
    let open = async || Arc::new(RedisStore::open(url).await.unwrap());
    [open().await, open().await]
}

#[test]
#[ignore = "minutes: cargo xtask stores"]
fn sentinels_fail_over_under_load() {
    for wait in ["", "?wait=1", "?wait=0"] {
        let mut servers = RedisSentinels::start(3).unwrap();
        runtime().block_on(async {
            let stores = two(&format!("{}{wait}", servers.url())).await;
            let load = Load::start(&stores, 8);
            for round in 0..ROUNDS {
                load.reach(500).await;
                let primary = servers.primary().unwrap();
                let server = servers.server(primary).unwrap();
                // It crashes, or it hangs.
                match round % 2 {
                    0 => server.kill(),
                    _ => server.pause(),
                }
                load.reach(500).await;
                servers.replaced(primary).unwrap();
                let server = servers.server(primary).unwrap();
                match round % 2 {
                    0 => server.restart().unwrap(),
                    _ => server.resume(),
                }
                servers.settle().unwrap();
            }
            let account = load.stop().await.unwrap();
            let lost = account.lost(&*stores[0]).await.unwrap();
            let summary = account.summary(lost);
            eprintln!("sentinels, {ROUNDS} fail-overs, {wait:?}: {summary}");
            assert!(stores[0].capabilities().loses_on_failover);
            assert!(account.longest.as_secs() < 4, "{summary}");
        });
    }
}

#[test]
#[ignore = "minutes: cargo xtask stores"]
fn servers_of_a_cluster_are_lost_under_load() {
    for wait in ["", "?wait=1", "?wait=0"] {
        let mut cluster = RedisCluster::start(2).unwrap();
        runtime().block_on(async {
            let stores = two(&format!("{}{wait}", cluster.url())).await;
            let load = Load::start(&stores, 12);
            for round in 0..ROUNDS {
                load.reach(500).await;
                let server = &mut cluster.servers()[round % 3];
                server.kill();
                let other = cluster.servers()[(round + 1) % 3].port();
                cluster.settle(other, false).unwrap();
                cluster.servers()[round % 3].restart().unwrap();
                cluster.settle(other, true).unwrap();
            }
            load.reach(500).await;
            let account = load.stop().await.unwrap();
            let lost = account.lost(&*stores[0]).await.unwrap();
            let summary = account.summary(lost);
            eprintln!("a cluster, {ROUNDS} servers lost, {wait:?}: {summary}");
            assert!(stores[0].capabilities().loses_on_failover);
            assert!(account.longest.as_secs() < 4, "{summary}");
        });
    }
}
