//! A server under test: started on a free port of loopback, stopped when dropped.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::environment::Environment;
use crate::process::Failure;

/// A server that does not listen by then will not.
const LIMIT: Duration = Duration::from_secs(30);

pub(super) struct Server {
    child: Child,
    log: PathBuf,
}

/// Where a server is started.
#[derive(Clone, Copy)]
pub(super) struct Place(u16);

impl Place {
    /// A port of loopback that nobody listens on.
    pub(super) fn find() -> Result<Self, Failure> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .map(|address| Self(address.port()))
            .map_err(|error| Failure::new(format!("cannot find a free port: {error}")))
    }

    pub(super) fn port(self) -> u16 {
        self.0
    }

    /// The address, as in `--listen`.
    pub(super) fn address(self) -> String {
        format!("{}:{}", Ipv4Addr::LOCALHOST, self.0)
    }

    /// The URL without a path.
    pub(super) fn url(self) -> String {
        format!("http://{}", self.address())
    }
}

impl Server {
    /// Starts the program, and waits until it listens there.
    pub(super) fn start(
        name: &str,
        folder: &Path,
        place: Place,
        environment: &Environment,
        program: &mut Command,
    ) -> Result<Self, Failure> {
        let cannot = |error| Failure::new(format!("cannot start {name}: {error}"));
        let log = folder.join(format!("{name}.log"));
        let file = File::create(&log).map_err(cannot)?;
        let child = program
            .envs(environment.variables())
            .stdin(Stdio::null())
            .stdout(file.try_clone().map_err(cannot)?)
            .stderr(file)
            .spawn()
            .map_err(cannot)?;
        let mut server = Self { child, log };
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, place.port())).is_err() {
            let ended = server.child.try_wait().map_err(cannot)?;
            if ended.is_some() || started.elapsed() > LIMIT {
                return Err(Failure::new(format!(
                    "{name} does not listen:\n{}",
                    server.log()
                )));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Returns its output so far.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that ended by itself cannot be stopped, and needs not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The servers of a side, and what its scripts learn of them.
pub(super) struct Served {
    pub(super) servers: Vec<Server>,
    pub(super) environment: Environment,
}

impl Served {
    /// Returns what they said so far.
    pub(super) fn log(&self) -> String {
        self.servers.iter().map(Server::log).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_ends_is_reported_with_what_it_said() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no data here; exit 1"]);
        let started = Server::start(
            "shell",
            &std::env::temp_dir(),
            Place::find().unwrap(),
            &Environment::default(),
            &mut command,
        );
        let message = started.err().unwrap().to_string();
        assert_eq!(message, "shell does not listen:\nno data here\n");
    }
}
