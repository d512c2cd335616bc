//! A memcached server.

use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::process::{Process, find, give};
use crate::{Error, free_port};

/// A memcached server on a free port of 127.0.0.1.
pub struct Memcached {
    process: Option<Process>,
    folder: TempDir,
    port: u16,
    settings: Vec<String>,
}

impl Memcached {
    /// Starts an empty server.
    ///
    /// # Errors
    /// It is not installed, or it does not start; then the message has its log.
    pub fn start() -> Result<Self, Error> {
        Self::start_with(&[])
    }

    /// Like [`start`](Self::start), with arguments such as `--memory-limit=4`.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(settings: &[&str]) -> Result<Self, Error> {
        Self::start_with_files(settings, &[])
    }

    /// Like [`start_with`](Self::start_with), with files by their names and contents; `FOLDER` in an
    /// argument is where they are.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with_files(settings: &[&str], files: &[(&str, &str)]) -> Result<Self, Error> {
        let folder = tempfile::tempdir()?;
        give(folder.path())?;
        for (name, contents) in files {
            let path = folder.path().join(name);
            fs::write(&path, contents)?;
            give(&path)?;
        }
        let place = folder.path().to_string_lossy().into_owned();
        let settings = settings.iter().map(|text| text.replace("FOLDER", &place));
        let mut server = Self {
            process: None,
            settings: settings.collect(),
            folder,
            port: free_port()?,
        };
        server.restart()?;
        Ok(server)
    }

    /// The URL of the server.
    #[must_use]
    pub fn url(&self) -> String {
        format!("memcached://127.0.0.1:{}", self.port)
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it with SIGKILL, as a crash of the machine does.
    pub fn kill(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill();
        }
        self.process = None;
    }

    /// Starts it again, empty.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn restart(&mut self) -> Result<(), Error> {
        self.process = None;
        let program = find("memcached", &[]).ok_or_else(|| Error::not_installed("memcached"))?;
        let ours = [
            format!("--port={}", self.port),
            "--listen=127.0.0.1".to_owned(),
        ];
        let arguments = ours.iter().chain(&self.settings).map(OsString::from);
        let arguments: Vec<_> = arguments.collect();
        let log = self.folder.path().join("log");
        let mut process = Process::start(program.as_os_str(), &arguments, Signal::KILL, &log)?;
        let encrypted = self.settings.iter().any(|setting| setting.contains("ssl"));
        process.wait_until(&log, || is_ready(self.port, encrypted).is_some())?;
        self.process = Some(process);
        Ok(())
    }
}

/// Returns whether the server answers, or listens if it speaks TLS.
fn is_ready(port: u16, encrypted: bool) -> Option<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    if encrypted {
        return Some(());
    }
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    stream.write_all(b"mn\r\n").ok()?;
    let mut answer = [0; 2];
    stream.read_exact(&mut answer).ok()?;
    (&answer == b"MN" || &answer == b"CL").then_some(())
}
