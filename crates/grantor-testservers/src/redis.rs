//! A Redis server.

use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::process::{Process, find, give};
use crate::{Error, free_port};

/// How long servers may take until they agree.
const AGREEMENT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// Where several servers have a write, their disks are not what is tested.
pub(crate) const EVERY_SECOND: &str = "--appendfsync everysec";

/// A Redis server on a free port of 127.0.0.1, with an append-only file that it writes before every
/// answer.
pub struct Redis {
    process: Option<Process>,
    folder: TempDir,
    port: u16,
    settings: Vec<String>,
}

impl Redis {
    /// Starts an empty server.
    ///
    /// # Errors
    /// It is not installed, or it does not start; then the message has its log.
    pub fn start() -> Result<Self, Error> {
        Self::start_with(&[])
    }

    /// Like [`start`](Self::start), with arguments such as `--maxmemory-policy allkeys-lru`, which
    /// go before ours.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(settings: &[&str]) -> Result<Self, Error> {
        let folder = tempfile::tempdir()?;
        give(folder.path())?;
        let mut server = Self {
            process: None,
            folder,
            port: free_port()?,
            settings: settings.iter().map(|text| (*text).to_owned()).collect(),
        };
        server.restart()?;
        Ok(server)
    }

    /// Starts a server that takes connections by TLS only, with this certificate and key in PEM; on
    /// 127.0.0.2 too.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with_tls(certificate: &str, key: &str) -> Result<Self, Error> {
        let folder = tempfile::tempdir()?;
        give(folder.path())?;
        let port = free_port()?;
        let places = "--bind 127.0.0.1 127.0.0.2";
        let mut settings = format!("{places} --port 0 --tls-port {port} --tls-auth-clients no");
        for (setting, pem) in [("tls-cert-file", certificate), ("tls-key-file", key)] {
            let path = folder.path().join(setting);
            fs::write(&path, pem)?;
            give(&path)?;
            settings = format!("{settings} --{setting} {}", path.display());
        }
        let mut server = Self {
            process: None,
            folder,
            port,
            settings: vec![settings],
        };
        server.restart()?;
        Ok(server)
    }

    /// The URL of the server.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The names of all keys, as the server writes them on the wire. Empty, if it does not answer.
    #[must_use]
    pub fn keys(&self) -> String {
        ask(self.port, "KEYS *")
    }

    /// Ends it with SIGKILL, as a crash of the machine does.
    pub fn kill(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill();
        }
        self.process = None;
    }

    /// Stops it from running without an end of its connections, as a machine that hangs.
    pub fn pause(&self) {
        if let Some(process) = &self.process {
            process.signal(Signal::STOP);
        }
    }

    /// Lets it go on.
    pub fn resume(&self) {
        if let Some(process) = &self.process {
            process.signal(Signal::CONT);
        }
    }

    /// Starts it again with the data that it has.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn restart(&mut self) -> Result<(), Error> {
        self.process = None;
        let program = find("redis-server", &[]).ok_or_else(|| Error::not_installed("Redis"))?;
        let (folder, port) = (self.folder.path(), self.port.to_string());
        let folder_text = folder.to_string_lossy();
        let ours = [
            "--port",
            &port,
            "--bind",
            "127.0.0.1",
            "--dir",
            &folder_text,
            "--save",
            "",
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
        ];
        let settings = self.settings.iter().flat_map(|text| text.split(' '));
        let arguments = ours.into_iter().chain(settings).map(OsString::from);
        let arguments: Vec<_> = arguments.collect();
        let log = folder.join("log");
        let mut process = Process::start(program.as_os_str(), &arguments, Signal::KILL, &log)?;
        let encrypted = self.settings.iter().any(|text| text.contains("--tls-port"));
        process.wait_until(&log, || is_ready(self.port, encrypted).is_some())?;
        self.process = Some(process);
        Ok(())
    }
}

/// The answer to one command as it is on the wire. Empty, if the server does not answer.
pub(crate) fn ask(port: u16, command: &str) -> String {
    let ask = || -> Option<Vec<u8>> {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
        stream.write_all(format!("{command}\r\n").as_bytes()).ok()?;
        // The server closes a connection once it has answered. A sentinel knows no QUIT.
        stream.shutdown(Shutdown::Write).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        Some(answer)
    };
    String::from_utf8_lossy(&ask().unwrap_or_default()).into_owned()
}

/// Waits until several servers agree on something.
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) -> Result<(), Error> {
    let started = Instant::now();
    while !is_so() {
        if started.elapsed() > AGREEMENT {
            return Err(Error::new(format!("{what}: not within {AGREEMENT:?}")));
        }
        sleep(POLL);
    }
    Ok(())
}

/// Returns whether the server answers, or listens if it speaks TLS; while it reads its data it says
/// `-LOADING`.
fn is_ready(port: u16, encrypted: bool) -> Option<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    if encrypted {
        return Some(());
    }
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    stream.write_all(b"PING\r\n").ok()?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).ok()?;
    (&answer == b"+PONG" || &answer == b"-NOAU").then_some(())
}
