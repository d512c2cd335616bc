//! A Redis Cluster: which server has which slots, asked again when one of them says otherwise.

use std::sync::Arc;

use grantor_store::{Applied, Error};
use redis::{Cmd, FromRedisValue, Value, cmd};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::node::{Node, ask_any};
use crate::slots::{Range, fewest_replicas, read, slot};
use crate::url::{Access, Address};

/// The servers of a cluster.
pub(crate) struct Cluster {
    seeds: Vec<Address>,
    access: Arc<Access>,
    map: Mutex<Map>,
}

#[derive(Default)]
struct Map {
    ranges: Vec<(Range, Arc<Node>)>,
    /// It is asked for again.
    doubted: bool,
    /// Which server is asked first: not always the one that is gone.
    turn: usize,
}

impl Cluster {
    pub(crate) fn new(seeds: Vec<Address>, access: Arc<Access>) -> Self {
        Self {
            seeds,
            access,
            map: Mutex::default(),
        }
    }

    /// The server that has the slot of a key.
    pub(crate) async fn node(&self, name: &[u8], deadline: Instant) -> Result<Arc<Node>, Error> {
        let mut map = self.map.lock().await;
        self.look(&mut map, deadline).await?;
        let slot = slot(name);
        let found = map.ranges.iter().find(|(range, _)| range.has(slot));
        match found {
            Some((_, node)) => Ok(Arc::clone(node)),
            None => {
                map.doubted = true;
                let message = format!("no server of the Redis cluster has slot {slot}");
                Err(Error::unavailable(message, Applied::No))
            }
        }
    }

    /// The servers that have slots.
    pub(crate) async fn primaries(&self, deadline: Instant) -> Result<Vec<Arc<Node>>, Error> {
        let mut map = self.map.lock().await;
        self.look(&mut map, deadline).await?;
        Ok(map.primaries())
    }

    pub(crate) fn at(&self, address: Address) -> Arc<Node> {
        Arc::new(Node::new(address, Arc::clone(&self.access)))
    }

    pub(crate) async fn look_again(&self) {
        self.map.lock().await.doubted = true;
    }

    /// How many replicas the primary with the fewest has, those that are down too.
    pub(crate) async fn replicas(&self, deadline: Instant) -> Result<usize, Error> {
        let mut map = self.map.lock().await;
        let mut request = cmd("CLUSTER");
        request.arg("NODES");
        let (_, nodes): (_, String) = self.ask(&mut map, &request, deadline).await?;
        Ok(fewest_replicas(&nodes))
    }

    async fn look(&self, map: &mut Map, deadline: Instant) -> Result<(), Error> {
        if !map.ranges.is_empty() && !map.doubted {
            return Ok(());
        }
        let mut request = cmd("CLUSTER");
        request.arg("SLOTS");
        let (asked, answer): (_, Value) = self.ask(map, &request, deadline).await?;
        let found = read(&answer, &asked)
            .ok_or_else(|| Error::corrupt("the answer of the Redis cluster to CLUSTER SLOTS"))?;
        let mut known = map.primaries();
        let mut ranges = Vec::with_capacity(found.len());
        for (range, address) in found {
            let same = known.iter().find(|node| node.address == address);
            let node = match same {
                Some(same) => Arc::clone(same),
                None => {
                    let node = self.at(address);
                    known.push(Arc::clone(&node));
                    node
                }
            };
            ranges.push((range, node));
        }
        map.ranges = ranges;
        map.doubted = false;
        Ok(())
    }

    /// The answer of the first server that gives one, and the server's address.
    async fn ask<T: FromRedisValue>(
        &self,
        map: &mut Map,
        request: &Cmd,
        deadline: Instant,
    ) -> Result<(Address, T), Error> {
        let known = map.primaries().into_iter().map(|node| node.address.clone());
        let mut addresses: Vec<_> = known.collect();
        for seed in &self.seeds {
            if !addresses.contains(seed) {
                addresses.push(seed.clone());
            }
        }
        map.turn = map.turn.wrapping_add(1);
        let first = map.turn % addresses.len().max(1);
        addresses.rotate_left(first);
        let asking = ask_any(&addresses, &self.access, request, deadline);
        let (place, answer) = Box::pin(asking).await?;
        Ok((addresses.swap_remove(place), answer))
    }
}

impl Map {
    fn primaries(&self) -> Vec<Arc<Node>> {
        let mut nodes: Vec<Arc<Node>> = Vec::new();
        for (_, node) in &self.ranges {
            if !nodes.iter().any(|known| Arc::ptr_eq(known, node)) {
                nodes.push(Arc::clone(node));
            }
        }
        nodes
    }
}
