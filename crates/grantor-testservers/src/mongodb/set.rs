//! A replica set of several servers.

use std::thread::sleep;
use std::time::Instant;

use super::wire::{hello, is_true};
use super::{ELECTION, MongoDb, POLL, SET};
use crate::Error;

/// Several MongoDB servers that are one replica set.
pub struct MongoDbSet {
    servers: Vec<MongoDb>,
}

impl MongoDbSet {
    /// Starts so many.
    ///
    /// # Errors
    /// As [`MongoDb::start`].
    pub fn start(count: usize) -> Result<Self, Error> {
        let servers = (0..count).map(|_| MongoDb::start_alone());
        let servers: Vec<_> = servers.collect::<Result<_, _>>()?;
        let ports: Vec<_> = servers.iter().map(MongoDb::port).collect();
        if let Some(first) = servers.first() {
            first.initiate(&ports)?;
        }
        let set = Self { servers };
        set.settle()?;
        Ok(set)
    }

    /// Waits until there is a primary and all others follow it.
    ///
    /// # Errors
    /// That is not so for long.
    pub fn settle(&self) -> Result<(), Error> {
        let started = Instant::now();
        loop {
            let follows =
                |one: &&MongoDb| is_true(&hello(one.port).unwrap_or_default(), "secondary");
            let followers = self.servers.iter().filter(follows).count();
            if self.primary().is_some() && followers + 1 == self.servers.len() {
                return Ok(());
            }
            if started.elapsed() > ELECTION {
                return Err(Error::new("the replica set does not settle"));
            }
            sleep(POLL);
        }
    }

    /// The URL of a database on all of them.
    #[must_use]
    pub fn url(&self) -> String {
        let places = self.servers.iter();
        let places = places.map(|server| format!("127.0.0.1:{}", server.port));
        let places: Vec<_> = places.collect();
        format!("mongodb://{}/grantor?replicaSet={SET}", places.join(","))
    }

    /// Which of the servers is the primary.
    #[must_use]
    pub fn primary(&self) -> Option<usize> {
        self.servers.iter().position(MongoDb::is_primary)
    }

    /// The servers.
    pub fn servers(&mut self) -> &mut [MongoDb] {
        &mut self.servers
    }
}
