//! A MongoDB server, which is a replica set or one of several in it.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::process::{Process, find};
use crate::{Error, free_port};

/// The name of every replica set.
const SET: &str = "main";
/// How long the servers may take until one of them is the primary.
const ELECTION: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// A MongoDB server on a free port of 127.0.0.1.
pub struct MongoDb {
    process: Option<Process>,
    folder: TempDir,
    port: u16,
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

    /// Starts an empty server that is in no replica set yet.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_alone() -> Result<Self, Error> {
        let mut server = Self {
            process: None,
            folder: tempfile::tempdir()?,
            port: free_port()?,
            certificate: None,
        };
        server.restart()?;
        Ok(server)
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

    /// Starts it again with the data that it has. It may be a while until it takes writes.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn restart(&mut self) -> Result<(), Error> {
        self.process = None;
        let program = program().ok_or_else(|| Error::not_installed("MongoDB"))?;
        let folder = self.folder.path();
        let (data, port) = (folder.to_string_lossy(), self.port.to_string());
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
            "0.25",
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
        let log = folder.join("log");
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

/// Several MongoDB servers that are one replica set.
pub struct MongoDbSet {
    servers: Vec<MongoDb>,
}

impl MongoDbSet {
    /// Starts so many.
    ///
    /// # Errors
    /// As [`MongoDb::start`].
    pub fn start(count: usize) -> Result<Self, Error> {
        let servers = (0..count).map(|_| MongoDb::start_alone());
        let servers: Vec<_> = servers.collect::<Result<_, _>>()?;
        let ports: Vec<_> = servers.iter().map(MongoDb::port).collect();
        if let Some(first) = servers.first() {
            first.initiate(&ports)?;
        }
        let set = Self { servers };
        set.settle()?;
        Ok(set)
    }

    /// Waits until there is a primary and all others follow it.
    ///
    /// # Errors
    /// That is not so for long.
    pub fn settle(&self) -> Result<(), Error> {
        let started = Instant::now();
        loop {
            let follows =
                |one: &&MongoDb| is_true(&hello(one.port).unwrap_or_default(), "secondary");
            let followers = self.servers.iter().filter(follows).count();
            if self.primary().is_some() && followers + 1 == self.servers.len() {
                return Ok(());
            }
            if started.elapsed() > ELECTION {
                return Err(Error::new("the replica set does not settle"));
            }
            sleep(POLL);
        }
    }

    /// The URL of a database on all of them.
    #[must_use]
    pub fn url(&self) -> String {
        let places = self.servers.iter();
        let places = places.map(|server| format!("127.0.0.1:{}", server.port));
        let places: Vec<_> = places.collect();
        format!("mongodb://{}/grantor?replicaSet={SET}", places.join(","))
    }

    /// Which of the servers is the primary.
    #[must_use]
    pub fn primary(&self) -> Option<usize> {
        self.servers.iter().position(MongoDb::is_primary)
    }

    /// The servers.
    pub fn servers(&mut self) -> &mut [MongoDb] {
        &mut self.servers
    }
}

/// Where `cargo xtask test` puts the server, or where programs are.
fn program() -> Option<PathBuf> {
    let running = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = running.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).to_owned());
    let package = here.join("../../interop/.peers/mongod/package/fiftyone/db/bin");
    find("mongod", &[package])
}

/// The answer to `hello`; none, if the server gives none.
fn hello(port: u16) -> Option<Vec<u8>> {
    let command = document(&[number("hello", 1), text("$db", "admin")]);
    ask(port, &command)
}

/// Returns whether a document has a member that is true.
fn is_true(document: &[u8], name: &str) -> bool {
    contains(document, &[b"\x08", name.as_bytes(), b"\0\x01"].concat())
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The answer to one command, in the form of the wire.
fn ask(port: u16, command: &[u8]) -> Option<Vec<u8>> {
    const OP_MSG: u32 = 2013;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    // Length, request, answer to, kind; flags; one section with a document.
    let length = u32::try_from(16 + 4 + 1 + command.len()).ok()?;
    let mut message = Vec::new();
    for number in [length, 1, 0, OP_MSG, 0] {
        message.extend(number.to_le_bytes());
    }
    message.push(0);
    message.extend(command);
    stream.write_all(&message).ok()?;
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let rest = usize::try_from(u32::from_le_bytes(length)).ok()?;
    let mut answer = vec![0; rest.checked_sub(4)?.min(1024 * 1024)];
    stream.read_exact(&mut answer).ok()?;
    Some(answer)
}

fn member(place: usize, port: u16) -> Vec<u8> {
    let number = number("_id", i32::try_from(place).unwrap_or(0));
    let inner = document(&[number, text("host", &format!("127.0.0.1:{port}"))]);
    nested(0x03, &place.to_string(), &inner)
}

fn document(members: &[Vec<u8>]) -> Vec<u8> {
    let members = members.concat();
    let length = u32::try_from(4 + members.len() + 1).unwrap_or(0);
    [&length.to_le_bytes()[..], &members, b"\0"].concat()
}

fn nested(kind: u8, name: &str, inner: &[u8]) -> Vec<u8> {
    [&[kind], name.as_bytes(), b"\0", inner].concat()
}

fn text(name: &str, value: &str) -> Vec<u8> {
    let length = u32::try_from(value.len() + 1).unwrap_or(0);
    let value = [&length.to_le_bytes()[..], value.as_bytes(), b"\0"].concat();
    nested(0x02, name, &value)
}

fn number(name: &str, value: i32) -> Vec<u8> {
    nested(0x10, name, &value.to_le_bytes())
}
