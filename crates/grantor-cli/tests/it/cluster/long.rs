//! Clusters of databases that lose a machine, and a soak of ten minutes.

use std::time::Duration;

use grantor_testservers::{GaleraCluster, Machines, PatroniCluster, RedisCluster};

use super::load;
use super::servers::Servers;
use super::soak::soak;
use super::statistics::Statistics;

/// How often each cluster loses a machine.
const ROUNDS: usize = 3;

#[test]
#[ignore = "long: cargo xtask stores"]
fn what_patroni_acknowledged_outlives_its_primary() {
    let mut database = PatroniCluster::start().unwrap();
    let mut servers = Servers::start(&database.url());
    let statistics = Statistics::new();
    load::run(&mut servers, 3, &statistics, |servers| {
        for round in 0..ROUNDS {
            statistics.wait_for_more("refreshes", 20);
            let primary = database.primary().unwrap();
            statistics.take_longest_pause();
            database.kill(primary);
            statistics.wait_for_more("refreshes", 20);
            let pause = statistics.take_longest_pause();
            println!("Patroni without its primary: no write for {pause:.1?}");
            servers.kill(round % 3);
            statistics.wait_for_more("refreshes", 20);
            servers.restart(round % 3);
            database.restart(primary).unwrap();
            database.wait_until_whole().unwrap();
        }
    });
    println!("Patroni: {statistics}");
}

#[test]
#[ignore = "long: cargo xtask stores"]
fn what_patroni_acknowledged_outlives_its_synchronous_standby() {
    let mut database = PatroniCluster::start().unwrap();
    let mut servers = Servers::start(&database.url());
    let statistics = Statistics::new();
    load::run(&mut servers, 3, &statistics, |_| {
        statistics.wait_for_more("refreshes", 20);
        let standby = database.synchronous_standby().unwrap();
        statistics.take_longest_pause();
        database.kill(standby);
        statistics.wait_for_more("refreshes", 20);
        let pause = statistics.take_longest_pause();
        println!("Patroni without its synchronous standby: no write for {pause:.1?}");
        database.restart(standby).unwrap();
        database.wait_until_whole().unwrap();
    });
    println!("Patroni: {statistics}");
}

#[test]
#[ignore = "long: cargo xtask stores"]
fn what_galera_acknowledged_outlives_any_node() {
    let mut database = GaleraCluster::start().unwrap();
    let mut servers = Servers::start(&database.url());
    let statistics = Statistics::new();
    load::run(&mut servers, 3, &statistics, |servers| {
        for place in 0..ROUNDS {
            statistics.wait_for_more("refreshes", 20);
            statistics.take_longest_pause();
            database.kill(place);
            statistics.wait_for_more("refreshes", 20);
            let pause = statistics.take_longest_pause();
            println!("Galera without a node: no write for {pause:.1?}");
            servers.kill(place);
            statistics.wait_for_more("refreshes", 20);
            servers.restart(place);
            database.restart(place).unwrap();
        }
    });
    println!("Galera: {statistics}");
}

/// What a Redis Cluster loses has no bar: it says that it may.
#[test]
#[ignore = "long: cargo xtask stores"]
fn what_a_redis_cluster_loses_with_its_servers_is_counted() {
    let mut cluster = RedisCluster::start(2).unwrap();
    let mut servers = Servers::start(&cluster.url());
    let statistics = Statistics::new();
    load::run_and_count(&mut servers, 3, &statistics, |servers| {
        for round in 0..ROUNDS {
            statistics.wait_for_more("refreshes", 20);
            statistics.take_longest_pause();
            cluster.servers()[round].kill();
            let other = cluster.servers()[(round + 1) % 3].port();
            cluster.settle(other, false).unwrap();
            statistics.wait_for_more("refreshes", 20);
            let pause = statistics.take_longest_pause();
            println!("a Redis Cluster without a server: no write for {pause:.1?}");
            servers.kill(round);
            statistics.wait_for_more("refreshes", 20);
            servers.restart(round);
            cluster.servers()[round].restart().unwrap();
            cluster.settle(other, true).unwrap();
        }
    });
    println!("a Redis Cluster: {statistics}");
}

#[test]
#[ignore = "long: cargo xtask stores"]
fn nothing_is_wrong_after_ten_minutes() {
    soak(100, Duration::from_secs(600));
}

/// The primary goes on for those who reach it, and reaches neither the other servers nor the lock.
#[test]
#[ignore = "long: cargo xtask stores; needs root's rights"]
fn a_primary_that_is_cut_off_acknowledges_nothing() {
    let machines = Machines::new(4).unwrap();
    let mut database = PatroniCluster::start_on(&machines).unwrap();
    let mut servers = Servers::start(&format!("{}?sslmode=disable", database.url()));
    let statistics = Statistics::new();
    load::run(&mut servers, 3, &statistics, |_| {
        for _ in 0..2 {
            statistics.wait_for_more("refreshes", 20);
            let primary = database.primary().unwrap();
            statistics.take_longest_pause();
            machines.cut_off(primary).unwrap();
            statistics.wait_for_more("refreshes", 20);
            let pause = statistics.take_longest_pause();
            println!("Patroni, its primary cut off: no write for {pause:.1?}");
            machines.mend(primary).unwrap();
            database.wait_until_whole().unwrap();
        }
    });
    println!("Patroni: {statistics}");
}

/// A node that is cut off from the others takes no statements, and comes back by itself.
#[test]
#[ignore = "long: cargo xtask stores; needs root's rights"]
fn a_node_of_galera_that_is_cut_off_acknowledges_nothing() {
    let machines = Machines::new(3).unwrap();
    let database = GaleraCluster::start_on(&machines).unwrap();
    let mut servers = Servers::start(&format!("{}?ssl-mode=DISABLED", database.url()));
    let statistics = Statistics::new();
    load::run(&mut servers, 3, &statistics, |_| {
        for machine in 0..ROUNDS {
            statistics.wait_for_more("refreshes", 20);
            statistics.take_longest_pause();
            machines.cut_off(machine).unwrap();
            statistics.wait_for_more("refreshes", 20);
            let pause = statistics.take_longest_pause();
            println!("Galera, a node cut off: no write for {pause:.1?}");
            machines.mend(machine).unwrap();
            database.wait_until_whole().unwrap();
        }
    });
    println!("Galera: {statistics}");
}
