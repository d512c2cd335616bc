//! A database that is killed and comes back.

use grantor_testservers::{MariaDb, Postgres, Redis, RedisCluster, start_galera_node};

use super::load;
use super::servers::Servers;
use super::statistics::Statistics;

/// What the tests need of a database server.
pub(super) trait Database {
    fn url(&self) -> String;
    fn kill(&mut self);
    fn restart(&mut self);
}

impl Database for Postgres {
    fn url(&self) -> String {
        Self::url(self)
    }

    fn kill(&mut self) {
        Self::kill(self);
    }

    fn restart(&mut self) {
        Self::restart(self).unwrap();
    }
}

impl Database for MariaDb {
    fn url(&self) -> String {
        Self::url(self)
    }

    fn kill(&mut self) {
        Self::kill(self);
    }

    fn restart(&mut self) {
        Self::restart(self).unwrap();
    }
}

impl Database for Redis {
    fn url(&self) -> String {
        Self::url(self)
    }

    fn kill(&mut self) {
        Self::kill(self);
    }

    fn restart(&mut self) {
        Self::restart(self).unwrap();
    }
}

/// Kills so many of the servers, and the database as often, in the middle of the load.
fn kill_everything(database: &mut impl Database, rounds: usize) {
    let url = database.url();
    let mut servers = Servers::start(&url);
    let statistics = Statistics::new();
    load::run(&mut servers, 3, &statistics, |servers| {
        for place in 0..rounds {
            statistics.wait_for_more("refreshes", 10);
            servers.kill(place);
            statistics.wait_for_more("refreshes", 10);
            servers.restart(place);
            database.kill();
            statistics.wait_for_more("unavailable", 3);
            database.restart();
            statistics.wait_for_more("refreshes", 10);
        }
    });
    println!("{statistics}");
    servers.assert_stateless(Postgres::PASSWORD);
    for event in ["codes redeemed", "refreshes"] {
        assert!(statistics.of(event) > 0, "no {event}");
    }
}

#[test]
fn three_servers_on_postgres_are_one_whatever_is_killed() {
    kill_everything(&mut Postgres::start_with(&["fsync=on"]).unwrap(), 2);
}

#[test]
fn three_servers_on_mariadb_are_one_whatever_is_killed() {
    let durable = ["--innodb-flush-log-at-trx-commit=1"];
    kill_everything(&mut MariaDb::start_with(&durable).unwrap(), 1);
}

#[test]
fn three_servers_on_redis_are_one_whatever_is_killed() {
    kill_everything(&mut Redis::start().unwrap(), 2);
}

/// No server of the cluster is lost here: Redis may lose writes by that (`long` counts them).
#[test]
fn three_servers_on_a_redis_cluster_are_one() {
    let cluster = RedisCluster::start(1).unwrap();
    let mut servers = Servers::start(&cluster.url());
    let statistics = Statistics::new();
    load::run(&mut servers, 3, &statistics, |servers| {
        for place in 0..2 {
            statistics.wait_for_more("refreshes", 10);
            servers.kill(place);
            statistics.wait_for_more("refreshes", 10);
            servers.restart(place);
        }
        statistics.wait_for_more("refreshes", 10);
    });
    println!("{statistics}");
    servers.assert_stateless(Postgres::PASSWORD);
}

/// A node that is alone is not killed: what it lost, no other node has.
#[test]
fn three_servers_on_a_node_of_galera_are_one() {
    let node = start_galera_node().unwrap();
    let mut servers = Servers::start(&node.url());
    let statistics = Statistics::new();
    load::run(&mut servers, 2, &statistics, |servers| {
        statistics.wait_for_more("refreshes", 5);
        servers.kill(0);
        statistics.wait_for_more("refreshes", 5);
        servers.restart(0);
    });
    println!("{statistics}");
}
