//! The primary that sentinels watch.

use std::sync::Arc;

use grantor_store::Error;
use redis::{Cmd, FromRedisValue, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::node::{Node, ask_any};
use crate::url::{Access, Address};

/// Several sentinels, and the name of what they watch.
pub(crate) struct Sentinels {
    addresses: Vec<Address>,
    name: String,
    access: Arc<Access>,
    sentinel_access: Access,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    primary: Option<Arc<Node>>,
    /// It is asked again.
    doubted: bool,
}

impl Sentinels {
    pub(crate) fn new(
        addresses: Vec<Address>,
        name: String,
        access: Arc<Access>,
        sentinel_access: Access,
    ) -> Self {
        Self {
            addresses,
            name,
            access,
            sentinel_access,
            known: Mutex::default(),
        }
    }

    pub(crate) async fn primary(&self, deadline: Instant) -> Result<Arc<Node>, Error> {
        let mut known = self.known.lock().await;
        if let Some(primary) = known.primary.as_ref().filter(|_| !known.doubted) {
            return Ok(Arc::clone(primary));
        }
        let mut request = redis::cmd("SENTINEL");
        request.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.name);
        let found: Option<(String, u16)> = self.ask(&request, deadline).await?;
        let (host, port) = found.ok_or_else(|| {
            Error::configuration(format!("the sentinels of Redis watch no {:?}", self.name))
        })?;
        let address = Address::Tcp(host, port);
        let same = known.primary.as_ref().filter(|old| old.address == address);
        let primary = match same {
            Some(same) => Arc::clone(same),
            None => self.at(address),
        };
        *known = Known {
            primary: Some(Arc::clone(&primary)),
            doubted: false,
        };
        Ok(primary)
    }

    pub(crate) fn at(&self, address: Address) -> Arc<Node> {
        Arc::new(Node::new(address, Arc::clone(&self.access)))
    }

    pub(crate) async fn look_again(&self, node: &Arc<Node>) {
        let mut known = self.known.lock().await;
        known.doubted |= known
            .primary
            .as_ref()
            .is_some_and(|now| Arc::ptr_eq(now, node));
    }

    /// How many replicas the primary has by what the sentinels know, those that are down too.
    pub(crate) async fn replicas(&self, deadline: Instant) -> Result<usize, Error> {
        let mut request = redis::cmd("SENTINEL");
        request.arg("REPLICAS").arg(&self.name);
        let replicas: Vec<Value> = self.ask(&request, deadline).await?;
        Ok(replicas.len())
    }

    async fn ask<T: FromRedisValue>(&self, request: &Cmd, deadline: Instant) -> Result<T, Error> {
        let asking = ask_any(&self.addresses, &self.sentinel_access, request, deadline);
        let answer = Box::pin(asking).await;
        answer.map(|(_, answer)| answer)
    }
}
