//! A cluster of PostgreSQL servers that Patroni looks after.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::machines::{Machines, Place};
use crate::postgres::Postgres;
use crate::process::{Process, find, give};
use crate::{Error, etcd, free_port};

mod configuration;

/// Longer than a node takes to copy the primary's data and to join.
const START: Duration = Duration::from_secs(60);

/// Three PostgreSQL servers on free ports of 127.0.0.1: a primary with a synchronous standby, and one
/// more. Patroni promotes a standby when the primary is gone for 5 seconds; the primary acknowledges
/// nothing that no standby has (`synchronous_mode_strict`). etcd is one process, which does not fail.
pub struct PatroniCluster {
    // Ends after the nodes, which have to reach it.
    nodes: Vec<Node>,
    _etcd: Process,
    _folder: TempDir,
}

/// One machine: a PostgreSQL server, and the Patroni that starts and stops it.
struct Node {
    name: String,
    patroni: Option<Process>,
    folder: PathBuf,
    place: Place,
    port: u16,
    /// Of Patroni's own HTTP server.
    rest_port: u16,
}

impl PatroniCluster {
    /// Starts a cluster with a new database, and waits until the standby is synchronous.
    ///
    /// # Errors
    /// Patroni, etcd or PostgreSQL is not installed, or one does not start; then the message has its
    /// log.
    pub fn start() -> Result<Self, Error> {
        Self::start_at(&[(); 4].map(|()| Place::here()))
    }

    /// Like [`start`](Self::start), on the first three machines, with etcd on the fourth.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_on(machines: &Machines) -> Result<Self, Error> {
        Self::start_at(&[0, 1, 2, 3].map(|machine| machines.place(machine)))
    }

    fn start_at(places: &[Place; 4]) -> Result<Self, Error> {
        let [nodes_places @ .., etcd_place] = places;
        let folder = tempfile::tempdir()?;
        give(folder.path())?;
        let (etcd, etcd_port) = etcd::start(etcd_place, folder.path())?;
        let etcd_hosts = format!("{}:{etcd_port}", etcd_place.address);
        let mut nodes = Vec::new();
        for (number, place) in nodes_places.iter().enumerate() {
            let name = format!("node{number}");
            let own = folder.path().join(&name);
            fs::create_dir(&own)?;
            give(&own)?;
            let node = Node {
                name,
                patroni: None,
                folder: own,
                place: place.clone(),
                port: free_port()?,
                rest_port: free_port()?,
            };
            node.configure(&etcd_hosts)?;
            nodes.push(node);
        }
        let mut cluster = Self {
            nodes,
            _etcd: etcd,
            _folder: folder,
        };
        // The first makes the database that the others copy.
        cluster.restart(0)?;
        cluster.wait_until("a primary", |cluster| cluster.primary() == Some(0))?;
        for place in 1..3 {
            cluster.restart(place)?;
        }
        cluster.wait_until_whole()?;
        Ok(cluster)
    }

    /// The URL of the database, with all hosts.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts: Vec<_> = self
            .nodes
            .iter()
            .map(|node| format!("{}:{}", node.place.address, node.port))
            .collect();
        let password = Postgres::PASSWORD;
        format!(
            "postgres://postgres:{password}@{}/postgres",
            hosts.join(",")
        )
    }

    /// The URL of one server.
    #[must_use]
    pub fn url_of(&self, place: usize) -> String {
        let (password, node) = (Postgres::PASSWORD, &self.nodes[place]);
        let (address, port) = (node.place.address, node.port);
        format!("postgres://postgres:{password}@{address}:{port}/postgres")
    }

    /// The place of the node that takes writes, as it says itself; none while there is none.
    #[must_use]
    pub fn primary(&self) -> Option<usize> {
        self.nodes.iter().position(|node| node.is("/primary"))
    }

    /// The place of a synchronous standby.
    #[must_use]
    pub fn synchronous_standby(&self) -> Option<usize> {
        self.nodes.iter().position(|node| node.is("/sync"))
    }

    /// Ends a node with SIGKILL, Patroni and PostgreSQL, as a machine that is gone.
    pub fn kill(&mut self, place: usize) {
        self.nodes[place].kill();
    }

    /// Starts a node again with the data that it has. It joins as a standby when it can.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn restart(&mut self, place: usize) -> Result<(), Error> {
        self.nodes[place].start()
    }

    /// Waits until all nodes have joined, and a standby is synchronous.
    ///
    /// # Errors
    /// It takes longer than a minute; the message has the logs.
    pub fn wait_until_whole(&mut self) -> Result<(), Error> {
        self.wait_until("two standbys", |cluster| {
            let standbys = cluster.nodes.iter().filter(|node| node.is("/replica"));
            standbys.count() == 2
                && cluster.primary().is_some()
                && cluster.synchronous_standby().is_some()
        })
    }

    fn wait_until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) -> Result<(), Error> {
        let began = Instant::now();
        while !is_so(self) {
            if began.elapsed() > START {
                let logs: String = self.nodes.iter().map(Node::log).collect();
                return Err(Error::new(format!("Patroni has not got {what}:\n{logs}")));
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Node {
    fn start(&mut self) -> Result<(), Error> {
        self.patroni = None;
        let program = find("patroni", &[]).ok_or_else(|| Error::not_installed("Patroni"))?;
        let log = self.folder.join("log");
        let arguments = [self.folder.join("patroni.yml").into_os_string()];
        // Told to end, Patroni also ends its server, which a killed one would leave behind.
        let end = Signal::TERM;
        let program = program.as_os_str();
        let mut patroni = Process::start_at(&self.place, program, &arguments, end, &log)?;
        let rest = (self.place.address, self.rest_port);
        patroni.wait_until(&log, || TcpStream::connect(rest).is_ok())?;
        self.patroni = Some(patroni);
        Ok(())
    }

    fn kill(&mut self) {
        // Patroni first, or it would start its server again.
        if let Some(mut patroni) = self.patroni.take() {
            patroni.kill();
        }
        let state = fs::read_to_string(self.folder.join("data/postmaster.pid"));
        let first = state
            .ok()
            .and_then(|text| text.lines().next()?.parse().ok());
        if let Some(server) = first.and_then(Pid::from_raw) {
            let _ = kill_process(server, Signal::KILL);
        }
    }

    /// What Patroni answers to load balancers.
    fn is(&self, role: &str) -> bool {
        let ask = || -> Option<bool> {
            let mut stream = TcpStream::connect((self.place.address, self.rest_port)).ok()?;
            stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
            let request = format!("GET {role} HTTP/1.0\r\n\r\n");
            stream.write_all(request.as_bytes()).ok()?;
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).ok()?;
            Some(answer.ends_with(b" 200"))
        };
        self.patroni.is_some() && ask() == Some(true)
    }

    fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(30).collect();
        let last: Vec<_> = lines.into_iter().rev().collect();
        format!("{}:\n{}\n", self.name, last.join("\n"))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}
