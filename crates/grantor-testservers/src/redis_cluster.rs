//! A Redis Cluster.

use crate::redis::{EVERY_SECOND, Redis, ask, wait_until};
use crate::{Error, free_port};

/// How many servers have slots.
const PRIMARIES: usize = 3;
/// The slots of all of them.
const SLOTS: usize = 16384;

/// Three servers that share the slots, with replicas that take over when one is silent for a second.
pub struct RedisCluster {
    servers: Vec<Redis>,
}

impl RedisCluster {
    /// Starts three primaries with as many replicas each.
    ///
    /// # Errors
    /// Redis is not installed, or does not start; then the message has its log.
    pub fn start(replicas: usize) -> Result<Self, Error> {
        let count = PRIMARIES * (1 + replicas);
        let mut servers = Vec::with_capacity(count);
        let mut buses = Vec::with_capacity(count);
        for _ in 0..count {
            let bus = free_port()?;
            servers.push(Redis::start_with(&[
                EVERY_SECOND,
                "--cluster-enabled yes",
                "--cluster-config-file nodes.conf",
                "--cluster-node-timeout 1000",
                "--cluster-replica-validity-factor 0",
                "--repl-diskless-sync-delay 0",
                &format!("--cluster-port {bus}"),
            ])?);
            buses.push(bus);
        }
        let ports: Vec<u16> = servers.iter().map(Redis::port).collect();
        for (place, port) in ports.iter().enumerate() {
            must(*port, &format!("CLUSTER SET-CONFIG-EPOCH {}", place + 1))?;
            if place < PRIMARIES {
                let (from, to) = (
                    place * SLOTS / PRIMARIES,
                    (place + 1) * SLOTS / PRIMARIES - 1,
                );
                must(*port, &format!("CLUSTER ADDSLOTSRANGE {from} {to}"))?;
            }
            if place > 0 {
                let (first, bus) = (ports[0], buses[0]);
                must(*port, &format!("CLUSTER MEET 127.0.0.1 {first} {bus}"))?;
            }
        }
        for port in &ports {
            wait_until("the servers know each other", || {
                let report = ask(*port, "CLUSTER INFO");
                report.contains(&format!("cluster_known_nodes:{count}"))
                    && report.contains("cluster_state:ok")
            })?;
        }
        for (place, port) in ports.iter().enumerate().skip(PRIMARIES) {
            let primary = id(ports[place % PRIMARIES]);
            must(*port, &format!("CLUSTER REPLICATE {primary}"))?;
        }
        for port in &ports[..PRIMARIES] {
            wait_until("the replicas follow", || {
                let report = ask(*port, "INFO replication");
                report.matches("state=online").count() == replicas
            })?;
        }
        for port in &ports {
            wait_until("everybody knows the replicas", || {
                let nodes = ask(*port, "CLUSTER NODES");
                nodes.matches("slave").count() == PRIMARIES * replicas
            })?;
        }
        Ok(Self { servers })
    }

    /// The URL of the cluster, with two of its servers.
    #[must_use]
    pub fn url(&self) -> String {
        let places = self.servers.iter().take(2);
        let places = places.map(|server| format!("127.0.0.1:{}", server.port()));
        let places: Vec<_> = places.collect();
        format!("redis+cluster://{}", places.join(","))
    }

    /// The servers: first those that had slots at the start.
    pub fn servers(&mut self) -> &mut [Redis] {
        &mut self.servers
    }

    /// Waits until every slot has a server that answers, by what the server on `port` says; with
    /// `all`, also until every server is there and every replica follows.
    ///
    /// # Errors
    /// That is not so for long.
    pub fn settle(&self, port: u16, all: bool) -> Result<(), Error> {
        let follows = |server: &Redis| {
            let report = ask(server.port(), "INFO replication");
            report.contains("role:master") || report.contains("master_link_status:up")
        };
        wait_until("the cluster is whole", || {
            let nodes = ask(port, "CLUSTER NODES");
            let is_whole = ask(port, "CLUSTER INFO").contains("cluster_state:ok");
            // Whoever is silent is not yet known to be down at first.
            let primaries = nodes.lines().filter(|line| {
                line.contains("master")
                    && !line.contains("fail")
                    && line.trim().ends_with(char::is_numeric)
            });
            let serving = primaries.count() == PRIMARIES;
            let everybody = !nodes.contains("fail") && self.servers.iter().all(follows);
            is_whole && serving && (!all || everybody)
        })
    }
}

fn id(port: u16) -> String {
    let answer = ask(port, "CLUSTER MYID");
    answer.lines().nth(1).unwrap_or_default().trim().to_owned()
}

fn must(port: u16, command: &str) -> Result<(), Error> {
    let answer = ask(port, command);
    match answer.starts_with("+OK") {
        true => Ok(()),
        false => Err(Error::new(format!("{command}: {answer}"))),
    }
}
