//! What one server promises, and whether it still does while the store is open.

use std::collections::HashMap;
use std::sync::Arc;

use grantor_store::{Applied, Capabilities, Durability, Error};
use grantor_store_connection::Effect;
use redis::cmd;

use crate::link::{Link, Target};
use crate::node::Node;
use crate::request::Request;
use crate::server::Information;

/// The server's report about itself.
pub(crate) async fn information(link: &Link, node: &Arc<Node>) -> Result<Information, Error> {
    let request = cmd("INFO");
    let request = Request::Command(&request);
    let sent = link.send(Target::Node(node), request, Effect::Reads);
    let information: String = sent.await?;
    Ok(Information::parse(&information))
}

/// When the server writes its log to the disk, if it does so also while it makes the log anew.
///
/// # Errors
/// It does not tell, as services that others run.
pub(crate) async fn appendfsync(link: &Link, node: &Arc<Node>) -> Result<Option<String>, Error> {
    let mut request = cmd("CONFIG");
    request.arg("GET").arg("*appendfsync*");
    let request = Request::Command(&request);
    let sent = link.send(Target::Node(node), request, Effect::Reads);
    let mut settings: HashMap<String, String> = sent.await?;
    let pauses = settings.get("no-appendfsync-on-rewrite");
    match pauses.is_some_and(|pauses| pauses == "yes") {
        true => Ok(None),
        false => Ok(settings.remove("appendfsync")),
    }
}

/// Refuses a server that promises less than the servers did when the store was opened. Its settings
/// may have been changed since, on connections that stay open.
pub(crate) async fn check(
    link: &Link,
    node: &Arc<Node>,
    information: &Information,
    declared: &Capabilities,
) -> Result<(), Error> {
    let appendfsync = match declared.durability {
        Durability::Disk => appendfsync(link, node).await?,
        _ => None,
    };
    let found = information.capabilities(declared.name, appendfsync.as_deref());
    let weaker = |what: &str| {
        let address = &node.address;
        let message = format!("the Redis server {address} {what}, or start grantor again");
        Err(Error::unavailable(message, Applied::No))
    };
    if found.may_evict && !declared.may_evict {
        return weaker("may evict records now: set maxmemory-policy to noeviction");
    }
    if found.durability < declared.durability {
        return weaker(
            "writes less to its disk than when the store was opened: set appendonly, appendfsync and \
             no-appendfsync-on-rewrite to what they were",
        );
    }
    Ok(())
}
