//! A Redis server with replicas, and sentinels that watch them.

use std::ffi::OsString;
use std::fs;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::process::{Process, find, give};
use crate::redis::{EVERY_SECOND, Redis, ask, wait_until};
use crate::{Error, free_port};

/// How many sentinels must agree, and how long in milliseconds a server must be silent.
const QUORUM: usize = 2;
const DOWN_AFTER: u32 = 1000;

/// A primary, its replicas, and three sentinels that make one of those the primary when it is silent
/// for a second.
pub struct RedisSentinels {
    servers: Vec<Redis>,
    sentinels: Vec<(Process, TempDir, u16)>,
}

impl RedisSentinels {
    /// The name by which the sentinels know the primary.
    pub const NAME: &'static str = "grantor";

    /// Starts a primary with as many replicas.
    ///
    /// # Errors
    /// Redis is not installed, or does not start; then the message has its log.
    pub fn start(replicas: usize) -> Result<Self, Error> {
        let primary = Redis::start_with(&[EVERY_SECOND])?;
        let (port, mut servers) = (primary.port(), vec![primary]);
        for _ in 0..replicas {
            let follow = format!("--replicaof 127.0.0.1 {port}");
            servers.push(Redis::start_with(&[
                EVERY_SECOND,
                &follow,
                "--repl-diskless-sync-delay 0",
            ])?);
        }
        wait_until("the replicas follow", || {
            let report = ask(port, "INFO replication");
            report.matches("state=online").count() == replicas
        })?;
        let sentinels = (0..3).map(|_| start_sentinel(port));
        let sentinels: Vec<_> = sentinels.collect::<Result<_, _>>()?;
        for (_, _, sentinel) in &sentinels {
            wait_until("the sentinels know each other and the replicas", || {
                let report = ask(*sentinel, "INFO sentinel");
                report.contains(&format!("slaves={replicas},sentinels=3"))
            })?;
        }
        Ok(Self { servers, sentinels })
    }

    /// The URL of all sentinels.
    #[must_use]
    pub fn url(&self) -> String {
        let places = self.sentinels.iter();
        let places = places.map(|(_, _, port)| format!("127.0.0.1:{port}"));
        let places: Vec<_> = places.collect();
        format!("redis+sentinel://{}/{}", places.join(","), Self::NAME)
    }

    /// The port of the primary, by what most sentinels say.
    #[must_use]
    pub fn primary(&self) -> Option<u16> {
        let named = |sentinel: u16| {
            let question = format!("SENTINEL GET-MASTER-ADDR-BY-NAME {}", Self::NAME);
            let answer = ask(sentinel, &question);
            answer
                .lines()
                .nth(4)
                .and_then(|line| line.trim().parse().ok())
        };
        let mut named: Vec<Option<u16>> = self.sentinels.iter().map(|one| named(one.2)).collect();
        named.sort_unstable();
        // Of three, the one in the middle is what two say, if two say the same.
        named.get(1).copied().flatten()
    }

    /// Waits until most sentinels name another primary than the server on `port`. The first of them that
    /// knows one sends clients there before the others do.
    ///
    /// # Errors
    /// They have not for long.
    pub fn replaced(&self, port: u16) -> Result<(), Error> {
        wait_until("another server is the primary", || {
            self.primary().is_some_and(|primary| primary != port)
        })
    }

    /// Waits until the primary has all replicas again.
    ///
    /// # Errors
    /// It has not for long.
    pub fn settle(&self) -> Result<(), Error> {
        wait_until("the replicas follow", || {
            let report = self.primary().map(|port| ask(port, "INFO replication"));
            let online = report.unwrap_or_default().matches("state=online").count();
            online == self.servers.len() - 1
        })
    }

    /// The server on a port.
    pub fn server(&mut self, port: u16) -> Option<&mut Redis> {
        self.servers.iter_mut().find(|server| server.port() == port)
    }

    /// The servers, the first primary first.
    #[must_use]
    pub fn servers(&self) -> &[Redis] {
        &self.servers
    }
}

fn start_sentinel(primary: u16) -> Result<(Process, TempDir, u16), Error> {
    let program = find("redis-server", &[]).ok_or_else(|| Error::not_installed("Redis"))?;
    let (folder, port) = (tempfile::tempdir()?, free_port()?);
    let name = RedisSentinels::NAME;
    let configuration = folder.path().join("sentinel.conf");
    fs::write(
        &configuration,
        format!(
            "port {port}\nbind 127.0.0.1\ndir {}\n\
             sentinel monitor {name} 127.0.0.1 {primary} {QUORUM}\n\
             sentinel down-after-milliseconds {name} {DOWN_AFTER}\n\
             sentinel failover-timeout {name} 4000\n\
             sentinel parallel-syncs {name} 4\n",
            folder.path().display()
        ),
    )?;
    give(folder.path())?;
    give(&configuration)?;
    let arguments = [configuration.into_os_string(), OsString::from("--sentinel")];
    let log = folder.path().join("log");
    let mut process = Process::start(program.as_os_str(), &arguments, Signal::KILL, &log)?;
    process.wait_until(&log, || ask(port, "PING").starts_with("+PONG"))?;
    Ok((process, folder, port))
}
