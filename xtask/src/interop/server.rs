//! A server under test: started on a free port of loopback, stopped when dropped.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::process::Failure;

/// A server that does not listen by then will not.
const LIMIT: Duration = Duration::from_secs(30);

pub(super) const SERVICE_ID: &str = "service";
pub(super) const WEB_ID: &str = "web";
pub(super) const PUBLIC_ID: &str = "app";
pub(super) const RESOURCE: &str = "https://api.example/";
pub(super) const LOGIN_NAME: &str = "alice";
pub(super) const LOGIN_PASSWORD: &str = "a lantern for the long way home";

/// The clients of a server, which differ from server to server.
pub(super) struct Clients {
    pub(super) service_secret: String,
    pub(super) web_secret: String,
    pub(super) redirect_uri: String,
}

pub(super) struct Server {
    child: Child,
    issuer: String,
    clients: Clients,
    log: PathBuf,
}

impl Server {
    /// Starts the program for a free port and waits until it listens there.
    pub(super) fn start(
        name: &str,
        folder: &Path,
        clients: Clients,
        program: impl FnOnce(u16) -> Command,
    ) -> Result<Self, Failure> {
        let cannot = |error| Failure::new(format!("cannot start {name}: {error}"));
        let port = free_port()?;
        let log = folder.join(format!("{name}.log"));
        let file = File::create(&log).map_err(cannot)?;
        let issuer = format!("http://{}:{port}", Ipv4Addr::LOCALHOST);
        let child = program(port)
            .envs(environment(&issuer, &clients))
            .stdin(Stdio::null())
            .stdout(file.try_clone().map_err(cannot)?)
            .stderr(file)
            .spawn()
            .map_err(cannot)?;
        let mut server = Self {
            child,
            issuer,
            clients,
            log,
        };
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
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

    /// Returns the environment of a client script: the server and the script's own credentials.
    pub(super) fn environment(&self) -> [(&'static str, &str); 10] {
        environment(&self.issuer, &self.clients)
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

/// A port of loopback that nobody listens on.
pub(super) fn free_port() -> Result<u16, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| Failure::new(format!("cannot find a free port: {error}")))
}

fn environment<'a>(issuer: &'a str, clients: &'a Clients) -> [(&'static str, &'a str); 10] {
    [
        ("ISSUER", issuer),
        ("SERVICE_ID", SERVICE_ID),
        ("SERVICE_SECRET", &clients.service_secret),
        ("WEB_ID", WEB_ID),
        ("WEB_SECRET", &clients.web_secret),
        ("PUBLIC_ID", PUBLIC_ID),
        ("REDIRECT_URI", &clients.redirect_uri),
        ("RESOURCE", RESOURCE),
        ("LOGIN_NAME", LOGIN_NAME),
        ("LOGIN_PASSWORD", LOGIN_PASSWORD),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients() -> Clients {
        Clients {
            service_secret: String::new(),
            web_secret: String::new(),
            redirect_uri: String::new(),
        }
    }

    #[test]
    fn a_program_that_ends_is_reported_with_what_it_said() {
        let started = Server::start("shell", &std::env::temp_dir(), clients(), |_| {
            let mut command = Command::new("sh");
            command.args(["-c", "echo no data here; exit 1"]);
            command
        });
        let message = started.err().unwrap().to_string();
        assert_eq!(message, "shell does not listen:\nno data here\n");
    }
}
