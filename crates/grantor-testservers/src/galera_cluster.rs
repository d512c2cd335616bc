//! A cluster of MariaDB servers that replicate by Galera.

use std::fs::{self, Permissions};
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::galera::provider;
use crate::machines::{Machines, Place};
use crate::mariadb::{IN_CLUSTER, MariaDb};
use crate::process::give;
use crate::{Error, free_port};

/// Three servers on free ports of 127.0.0.1, each with all data, of which each takes writes. A node that
/// is gone is out of the cluster after two seconds.
///
/// They begin with copies of the same data, and a node that comes back gets what it lacks from the memory
/// of another. (The programs that copy a whole server come with other packages.)
pub struct GaleraCluster {
    nodes: Vec<MariaDb>,
    /// The program of the nodes that hands on where one is in the history.
    _folder: TempDir,
}

/// The address of a node, and its ports besides that for statements.
struct Ports {
    address: Ipv4Addr,
    group: u16,
    transfer: u16,
}

impl GaleraCluster {
    /// Starts a cluster with a new database.
    ///
    /// # Errors
    /// MariaDB or Galera is not installed, or a server does not start; then the message has its log.
    pub fn start() -> Result<Self, Error> {
        Self::start_at(&[(); 3].map(|()| Place::here()))
    }

    /// Like [`start`](Self::start), on the first three machines.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_on(machines: &Machines) -> Result<Self, Error> {
        Self::start_at(&[0, 1, 2].map(|machine| machines.place(machine)))
    }

    fn start_at(places: &[Place; 3]) -> Result<Self, Error> {
        let provider = provider()?;
        let (folder, variables) = transfer_program()?;
        let mut ports = Vec::new();
        for place in places {
            ports.push(Ports {
                address: place.address,
                group: free_port()?,
                transfer: free_port()?,
            });
        }
        let all: Vec<_> = ports
            .iter()
            .map(|p| format!("{}:{}", p.address, p.group))
            .collect();
        let all = all.join(",");
        let settings: Vec<_> = ports.iter().map(|p| settings(provider, &all, p)).collect();
        let of = |place: usize| -> Vec<&str> { settings[place].iter().map(|s| &**s).collect() };

        // Once alone, so that the data have a place in the history that the nodes share.
        let placed = |node: MariaDb, place: usize| {
            let node = node.with_variables(&variables);
            node.at(places[place].clone())
        };
        let mut first = placed(MariaDb::create(&of(0))?, 0);
        first.restart_with(&[ALONE.to_owned()])?;
        first.shut_down();
        let mut nodes = vec![first];
        for place in 1..3 {
            nodes.push(placed(nodes[0].copy(&of(place))?, place));
        }
        nodes[0].restart_with(&[ALONE.to_owned()])?;
        for node in &mut nodes[1..] {
            node.restart()?;
        }
        Ok(Self {
            nodes,
            _folder: folder,
        })
    }

    /// The URL of the database, with all hosts.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.nodes.iter().map(|node| node.host()).collect();
        let password = MariaDb::PASSWORD;
        format!("mysql://grantor:{password}@{}/grantor", hosts.join(","))
    }

    /// One of the servers.
    #[must_use]
    pub fn node(&self, place: usize) -> &MariaDb {
        &self.nodes[place]
    }

    /// Waits until all nodes are in the cluster.
    ///
    /// # Errors
    /// It takes longer than a minute.
    pub fn wait_until_whole(&self) -> Result<(), Error> {
        let began = Instant::now();
        while !self.nodes.iter().all(MariaDb::is_in_cluster_of_three) {
            if began.elapsed() > JOIN {
                return Err(Error::new("a node is not in its cluster"));
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Ends a node with SIGKILL.
    pub fn kill(&mut self, place: usize) {
        self.nodes[place].kill();
    }

    /// Starts a node again with the data that it has. The others send what it lacks.
    ///
    /// # Errors
    /// As [`start`](Self::start); or no other node runs.
    pub fn restart(&mut self, place: usize) -> Result<(), Error> {
        let node = &mut self.nodes[place];
        // A node that was killed does not know its place in the history, but its tables do.
        let said = node.run(&["--wsrep-recover".to_owned()])?;
        let position = said
            .split("Recovered position: ")
            .nth(1)
            .and_then(|rest| rest.split_whitespace().next());
        let position = position.ok_or_else(|| Error::new(format!("no position in {said}")))?;
        node.restart_with(&[format!("--wsrep-start-position={position}")])
    }
}

/// Longer than nodes take to find each other again.
const JOIN: Duration = Duration::from_secs(60);

/// What nodes run to bring each other up to date, by the name that they look for: it hands on where in
/// the history a node is, and the rest comes from the memory of another node.
const TRANSFER: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in
    --role) role=$2; shift ;;
    --address) address=$2; shift ;;
    --gtid) position=$2; shift ;;
    --bypass) bypass=1 ;;
  esac
  shift
done
note="$TRANSFERS/$(echo "$address" | tr -c '0-9.\n' _ | cut -d_ -f1,2)"
case "$role" in
  joiner)
    rm -f "$note"
    echo "ready $address"
    while [ ! -s "$note" ]; do sleep 0.05; done
    cat "$note" ;;
  donor)
    # All of the data would have to be copied.
    [ "$bypass" ] || exit 1
    echo continue
    echo "$position" > "$note.new" && mv "$note.new" "$note"
    echo "done $position" ;;
esac
"#;

/// A folder with that program, and the variables by which nodes find it.
fn transfer_program() -> Result<(TempDir, [String; 2]), Error> {
    let folder = tempfile::tempdir()?;
    let program = folder.path().join("wsrep_sst_grantor");
    fs::write(&program, TRANSFER)?;
    fs::set_permissions(&program, Permissions::from_mode(0o755))?;
    for path in [&*program, folder.path()] {
        give(path)?;
    }
    let here = folder.path().display();
    let path = std::env::var("PATH").unwrap_or_default();
    let variables = [format!("PATH={here}:{path}"), format!("TRANSFERS={here}")];
    Ok((folder, variables))
}

/// The argument of a node that is the whole cluster.
const ALONE: &str = "--wsrep-cluster-address=gcomm://";

/// `evs.inactive_timeout` stays at its 15 seconds: with 4, all nodes gave each other up while they agreed
/// that one was gone.
fn settings(provider: &str, all: &str, ports: &Ports) -> Vec<String> {
    let Ports {
        address,
        group,
        transfer,
    } = ports;
    vec![
        IN_CLUSTER.to_owned(),
        "--binlog-format=ROW".to_owned(),
        "--innodb-autoinc-lock-mode=2".to_owned(),
        "--innodb-flush-log-at-trx-commit=1".to_owned(),
        format!("--wsrep-provider={provider}"),
        format!("--wsrep-cluster-address=gcomm://{all}"),
        format!("--wsrep-node-address={address}:{group}"),
        "--wsrep-sst-method=grantor".to_owned(),
        format!("--wsrep-sst-receive-address={address}:{group}"),
        format!(
            "--wsrep-provider-options=base_port={group};gmcast.listen_addr=tcp://{address}:{group};\
             ist.recv_addr={address}:{transfer};gcache.size=64M;gcache.recover=yes;\
             evs.keepalive_period=PT0.5S;evs.inactive_check_period=PT0.5S;\
             evs.suspect_timeout=PT2S;gmcast.peer_timeout=PT2S"
        ),
    ]
}
