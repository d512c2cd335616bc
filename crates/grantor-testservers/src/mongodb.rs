//! A MongoDB server, which is a replica set or one of several in it.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use self::wire::{ask, contains, document, hello, is_true, member, nested, number, text};
use crate::process::{Process, find};
use crate::{Error, SmallDisk, free_port};

mod set;
mod wire;

pub use self::set::MongoDbSet;

/// The name of every replica set.
const SET: &str = "main";
/// How long the servers may take until one of them is the primary.
const ELECTION: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// A MongoDB server on a free port of 127.0.0.1.
pub struct MongoDb {
    process: Option<Process>,
    folder: TempDir,
    /// Where its data are.
    data: PathBuf,
    port: u16,
    /// The memory for its data in GB, as its option has it.
    cache: String,
    /// The certificate and the key in PEM, if it takes connections by TLS only.
    certificate: Option<PathBuf>,
}

impl MongoDb {
    /// Starts an empty server that is a replica set of its own.
    ///
    /// # Errors
    /// It is not installed, or it does not start; then the message has its log.
    pub fn start() -> Result<Self, Error> {
        let server = Self::start_alone()?;
        server.initiate(&[server.port])?;
        Ok(server)
    }

    /// Like [`start`](Self::start), with so many GB of memory for its data.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with_cache(gigabytes: u32) -> Result<Self, Error> {
        let mut server = Self::prepare()?;
        server.cache = gigabytes.to_string();
        server.restart()?;
        server.initiate(&[server.port])?;
        Ok(server)
    }

    /// Like [`start`](Self::start), with its data on a small disk, which must outlive it.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_on(disk: &SmallDisk) -> Result<Self, Error> {
        let mut server = Self::prepare()?;
        server.data = disk.path().to_owned();
        server.restart()?;
        server.initiate(&[server.port])?;
        Ok(server)
    }

    /// Starts an empty server that is in no replica set yet.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_alone() -> Result<Self, Error> {
        let mut server = Self::prepare()?;
        server.restart()?;
        Ok(server)
    }

    /// A server that does not run yet.
    fn prepare() -> Result<Self, Error> {
        let folder = tempfile::tempdir()?;
        Ok(Self {
            process: None,
            data: folder.path().to_owned(),
            folder,
            port: free_port()?,
            cache: "0.25".to_owned(),
            certificate: None,
        })
    }

    /// Like [`start`](Self::start), and takes connections by TLS only, with this certificate and key in
    /// PEM; on 127.0.0.2 too. It may be a while until it takes writes.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with_tls(certificate: &str, key: &str) -> Result<Self, Error> {
        let mut server = Self::start()?;
        let path = server.folder.path().join("certificate.pem");
        fs::write(&path, format!("{certificate}\n{key}"))?;
        server.certificate = Some(path);
        server.kill();
        server.restart()?;
        Ok(server)
    }

    /// The URL of a database on it.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_at(self.port)
    }

    /// The same by way of another port. The driver asks that server alone.
    #[must_use]
    pub fn url_at(&self, port: u16) -> String {
        format!("mongodb://127.0.0.1:{port}/grantor?directConnection=true")
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

    /// Waits until it has ended by itself, so that it can be started again.
    pub fn wait_for_its_end(&mut self) {
        if let Some(process) = &mut self.process {
            process.wait();
        }
    }

    /// Starts it again with the data that it has. It may be a while until it takes writes.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn restart(&mut self) -> Result<(), Error> {
        self.process = None;
        let program = program().ok_or_else(|| Error::not_installed("MongoDB"))?;
        let (data, port) = (self.data.to_string_lossy(), self.port.to_string());
        let places = match self.certificate {
            Some(_) => "127.0.0.1,127.0.0.2",
            None => "127.0.0.1",
        };
        let arguments = [
            "--dbpath",
            &data,
            "--port",
            &port,
            "--bind_ip",
            places,
            "--nounixsocket",
            "--replSet",
            SET,
            "--journalCommitInterval",
            "1",
            "--oplogSize",
            "64",
            "--wiredTigerCacheSizeGB",
            &self.cache,
            "--setParameter",
            "diagnosticDataCollectionEnabled=false",
            // What tests make fail, they make fail by this.
            "--setParameter",
            "enableTestCommands=1",
            "--setParameter",
            "ttlMonitorSleepSecs=1",
        ];
        let mut arguments: Vec<_> = arguments.iter().map(OsString::from).collect();
        if let Some(path) = &self.certificate {
            let tls = ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile"];
            arguments.extend(tls.map(OsString::from));
            arguments.push(path.into());
        }
        let log = self.folder.path().join("log");
        let mut process = Process::start_as_it_is(program.as_os_str(), &arguments, &log)?;
        let is_ready = || match &self.certificate {
            Some(_) => TcpStream::connect(("127.0.0.1", self.port)).is_ok(),
            None => hello(self.port).is_some(),
        };
        process.wait_until(&log, is_ready)?;
        self.process = Some(process);
        Ok(())
    }

    /// Returns whether it is a primary.
    #[must_use]
    pub fn is_primary(&self) -> bool {
        is_true(&hello(self.port).unwrap_or_default(), "isWritablePrimary")
    }

    /// Makes it and others a replica set, and waits until one of them is the primary.
    fn initiate(&self, ports: &[u16]) -> Result<(), Error> {
        let members = ports.iter().enumerate();
        let members: Vec<_> = members.map(|(place, port)| member(place, *port)).collect();
        let settings = document(&[number("electionTimeoutMillis", 1000)]);
        let configuration = document(&[
            text("_id", SET),
            number("version", 1),
            nested(0x04, "members", &document(&members)),
            nested(0x03, "settings", &settings),
        ]);
        let command = document(&[
            nested(0x03, "replSetInitiate", &configuration),
            text("$db", "admin"),
        ]);
        let answer = ask(self.port, &command).unwrap_or_default();
        // Its answer has `ok: 1.0`.
        let ok = [b"\x01ok\0", &1.0_f64.to_le_bytes()[..]].concat();
        if !contains(&answer, &ok) {
            let answer = String::from_utf8_lossy(&answer);
            return Err(Error::new(format!("no replica set: {answer}")));
        }
        let started = Instant::now();
        let has_primary =
            |port: &u16| is_true(&hello(*port).unwrap_or_default(), "isWritablePrimary");
        while !ports.iter().any(has_primary) {
            if started.elapsed() > ELECTION {
                return Err(Error::new("the replica set has no primary"));
            }
            sleep(POLL);
        }
        Ok(())
    }
}

/// Where `cargo xtask test` puts the server, or where programs are.
fn program() -> Option<PathBuf> {
    let running = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = running.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).to_owned());
    let package = here.join("../../interop/.peers/mongod/package/fiftyone/db/bin");
    find("mongod", &[package])
}
