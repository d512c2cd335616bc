//! What the servers of a store promise, found when it is opened.

use grantor_store::{Capabilities, Error};
use grantor_store_connection::Effect;
use tokio::time::{Instant, sleep};

use crate::link::{Link, PAUSE, Target};
use crate::promise::{appendfsync, information};
use crate::request::Request;
use crate::script::load;
use crate::topology::Topology;

/// What was found.
pub(crate) struct Promises {
    pub(crate) capabilities: Capabilities,
    /// How many replicas must have a write that must last.
    pub(crate) wait: usize,
}

/// Asks every server that takes writes; the weakest of their promises are those of the store. While
/// another one takes over, it asks again until the time is over.
pub(crate) async fn promises(
    link: &Link,
    wait: Option<usize>,
    deadline: Instant,
) -> Result<Promises, Error> {
    let fails_over = link.topology().fails_over();
    loop {
        match ask_all(link, wait, deadline).await {
            Err(error)
                if fails_over && !error.is_configuration() && Instant::now() + PAUSE < deadline =>
            {
                sleep(PAUSE).await;
            }
            done => return done,
        }
    }
}

async fn ask_all(link: &Link, wait: Option<usize>, deadline: Instant) -> Result<Promises, Error> {
    let topology = link.topology();
    let name = match topology {
        Topology::Single(_) => "Redis",
        Topology::Sentinel(_) => "Redis with sentinels",
        Topology::Cluster(_) => "the Redis cluster",
    };
    let mut weakest: Option<Capabilities> = None;
    for node in link.primaries().await? {
        let information = information(link, &node).await?;
        // Services that others run hide it; then the weaker value is assumed.
        let appendfsync = appendfsync(link, &node).await.ok().flatten();
        let found = information.capabilities(name, appendfsync.as_deref());
        weakest = Some(match weakest {
            Some(other) => weaker(other, found),
            None => found,
        });
        let request = load();
        let sent = link.send(
            Target::Node(&node),
            Request::Several(&request),
            Effect::Reads,
        );
        let _: Vec<String> = sent.await?;
    }
    let mut capabilities = weakest.unwrap_or(Capabilities::new(name).may_evict());
    if !topology.fails_over() {
        return Ok(Promises {
            capabilities,
            wait: 0,
        });
    }
    let wait = match wait {
        Some(replicas) => replicas,
        None => match topology.replicas(deadline).await? {
            0 => 0,
            replicas => replicas / 2 + 1,
        },
    };
    capabilities = capabilities.loses_on_failover();
    if wait == 0 {
        capabilities = capabilities.unconfirmed_failover();
    }
    Ok(Promises { capabilities, wait })
}

fn weaker(one: Capabilities, other: Capabilities) -> Capabilities {
    let durability = one.durability.min(other.durability);
    let mut both = one.with_durability(durability);
    both.may_evict |= other.may_evict;
    both.loses_on_failover |= other.loses_on_failover;
    both
}
