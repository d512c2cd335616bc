//! Which server has a key: one server, the primary that sentinels name, or a cluster.

use std::sync::Arc;

use grantor_store::Error;
use tokio::time::Instant;

use crate::cluster::Cluster;
use crate::node::Node;
use crate::sentinel::Sentinels;
use crate::url::{Access, Address, Servers};

/// The servers and who knows them.
pub(crate) enum Topology {
    Single(Arc<Node>),
    Sentinel(Sentinels),
    Cluster(Cluster),
}

impl Topology {
    pub(crate) fn new(servers: Servers, access: Arc<Access>, sentinel_access: Access) -> Self {
        match servers {
            Servers::Single(address) => Self::Single(Arc::new(Node::new(address, access))),
            Servers::Sentinel(addresses, name) => {
                Self::Sentinel(Sentinels::new(addresses, name, access, sentinel_access))
            }
            Servers::Cluster(addresses) => Self::Cluster(Cluster::new(addresses, access)),
        }
    }

    /// Returns whether another server takes over from one that fails, by itself.
    pub(crate) fn fails_over(&self) -> bool {
        !matches!(self, Self::Single(_))
    }

    pub(crate) fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    /// The server that has the key with this name.
    pub(crate) async fn node(&self, name: &[u8], deadline: Instant) -> Result<Arc<Node>, Error> {
        match self {
            Self::Single(node) => Ok(Arc::clone(node)),
            Self::Sentinel(sentinels) => sentinels.primary(deadline).await,
            Self::Cluster(cluster) => cluster.node(name, deadline).await,
        }
    }

    /// The servers that take writes.
    pub(crate) async fn primaries(&self, deadline: Instant) -> Result<Vec<Arc<Node>>, Error> {
        match self {
            Self::Single(node) => Ok(vec![Arc::clone(node)]),
            Self::Sentinel(sentinels) => Ok(vec![sentinels.primary(deadline).await?]),
            Self::Cluster(cluster) => cluster.primaries(deadline).await,
        }
    }

    /// The server at an address that another one told.
    pub(crate) fn at(&self, address: Address) -> Arc<Node> {
        match self {
            Self::Single(node) => Arc::clone(node),
            Self::Sentinel(sentinels) => sentinels.at(address),
            Self::Cluster(cluster) => cluster.at(address),
        }
    }

    /// The next request asks where its key is, unless that was done since `node` was found.
    pub(crate) async fn look_again(&self, node: &Arc<Node>) {
        match self {
            Self::Single(_) => {}
            Self::Sentinel(sentinels) => sentinels.look_again(node).await,
            Self::Cluster(cluster) => cluster.look_again().await,
        }
    }

    /// How many replicas there are: of the primary that has the fewest, those that are down too.
    pub(crate) async fn replicas(&self, deadline: Instant) -> Result<usize, Error> {
        match self {
            Self::Single(_) => Ok(0),
            Self::Sentinel(sentinels) => sentinels.replicas(deadline).await,
            Self::Cluster(cluster) => cluster.replicas(deadline).await,
        }
    }
}
