//! A MariaDB server that is the only node of a Galera cluster.

use std::path::Path;

use crate::mariadb::{IN_CLUSTER, MariaDb};
use crate::{Error, free_port};

/// Where Debian's package and others put the library that the servers replicate by.
const PROVIDERS: [&str; 2] = [
    "/usr/lib/galera/libgalera_smm.so",
    "/usr/lib64/galera-4/libgalera_smm.so",
];

/// Starts a server that replicates by Galera, alone: it certifies transactions and answers as a node
/// of a larger cluster does.
///
/// # Errors
/// MariaDB or Galera is not installed, or the server does not start; then the message has its log.
pub fn start_galera_node() -> Result<MariaDb, Error> {
    let provider = provider()?;
    let (port, transfer) = (free_port()?, free_port()?);
    MariaDb::start_with(&[
        IN_CLUSTER,
        "--binlog-format=ROW",
        "--innodb-autoinc-lock-mode=2",
        &format!("--wsrep-provider={provider}"),
        "--wsrep-cluster-address=gcomm://",
        &format!("--wsrep-node-address=127.0.0.1:{port}"),
        &format!(
            "--wsrep-provider-options=base_port={port};ist.recv_addr=127.0.0.1:{transfer};\
             gcache.size=8M"
        ),
    ])
}

/// The library that the servers replicate by.
pub(crate) fn provider() -> Result<&'static str, Error> {
    let provider = PROVIDERS.into_iter().find(|path| Path::new(path).exists());
    provider.ok_or_else(|| Error::not_installed("Galera"))
}
