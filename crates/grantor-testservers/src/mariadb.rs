//! A MariaDB server with a database of its own.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::machines::Place;
use crate::process::{Process, find, give, unprivileged};
use crate::{Error, free_port};

mod data;

/// A MariaDB server on a free port of 127.0.0.1, with the database `grantor`.
///
/// It checks the passwords of its users: `grantor`, who owns the database, and `administrator`. It does
/// not wait for the disk unless it is started with another setting.
pub struct MariaDb {
    process: Option<Process>,
    program: PathBuf,
    folder: TempDir,
    place: Place,
    port: u16,
    variables: Vec<String>,
    settings: Vec<String>,
}

impl MariaDb {
    /// The password of both users.
    pub const PASSWORD: &'static str = "correct-horse";

    /// Starts a server with a new database.
    ///
    /// # Errors
    /// It is not installed, or it does not start; then the message has its log.
    pub fn start() -> Result<Self, Error> {
        Self::start_with(&[])
    }

    /// Like [`start`](Self::start), with arguments such as `--innodb-flush-log-at-trx-commit=1`,
    /// which go before ours.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(settings: &[&str]) -> Result<Self, Error> {
        let mut server = Self::create(settings)?;
        server.restart()?;
        Ok(server)
    }

    /// Starts a server that also takes connections by TLS, with this certificate and key in PEM.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with_tls(certificate: &str, key: &str) -> Result<Self, Error> {
        let mut server = Self::create(&[])?;
        for (name, argument, pem) in [
            ("server.crt", "--ssl-cert", certificate),
            ("server.key", "--ssl-key", key),
        ] {
            let path = server.folder.path().join(name);
            fs::write(&path, pem)?;
            give(&path)?;
            server
                .settings
                .push(format!("{argument}={}", path.display()));
        }
        server.restart()?;
        Ok(server)
    }

    /// The URL of the database, with user and password.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_at(self.port)
    }

    /// Like [`url`](Self::url), where another port leads to the server.
    #[must_use]
    pub fn url_at(&self, port: u16) -> String {
        let (password, address) = (Self::PASSWORD, self.place.address);
        format!("mysql://grantor:{password}@{address}:{port}/grantor")
    }

    /// Like [`url`](Self::url), for the user who may do everything.
    #[must_use]
    pub fn administrator_url(&self) -> String {
        let (password, port) = (Self::PASSWORD, self.port);
        let address = self.place.address;
        format!("mysql://administrator:{password}@{address}:{port}/grantor")
    }

    /// Its address and port.
    pub(crate) fn host(&self) -> String {
        format!("{}:{}", self.place.address, self.port)
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its unix socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Ends it with SIGKILL, as a crash of the machine does.
    pub fn kill(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill();
        }
        self.process = None;
    }

    /// Starts it again with the data that it has.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn restart(&mut self) -> Result<(), Error> {
        self.restart_with(&[])
    }

    /// Like [`restart`](Self::restart), with further arguments for this time.
    pub(crate) fn restart_with(&mut self, further: &[String]) -> Result<(), Error> {
        self.process = None;
        let log = self.folder.path().join("log");
        // What an earlier start has written there says nothing of this one.
        File::create(&log)?;
        let words = self.words(further);
        let env = OsStr::new("env");
        let mut process = Process::start_at(&self.place, env, &words, Signal::KILL, &log)?;
        let in_cluster = self.settings.iter().any(|setting| setting == IN_CLUSTER);
        process.wait_until(&log, || {
            is_ready(&self.place, self.port).is_some() && (!in_cluster || has_joined(&log))
        })?;
        self.process = Some(process);
        Ok(())
    }

    /// The variables, the program and its arguments.
    fn words(&self, further: &[String]) -> Vec<OsString> {
        let folder = self.folder.path();
        let ours = [
            format!("--port={}", self.port),
            format!("--socket={}", self.socket().display()),
            format!("--pid-file={}", folder.join("pid").display()),
            format!("--bind-address={}", self.place.address),
            "--skip-name-resolve".to_owned(),
            "--max-connections=200".to_owned(),
        ];
        let settings = self.settings.iter().chain(further).cloned();
        let arguments = self.common().into_iter().chain(ours).chain(settings);
        let mut words: Vec<OsString> = self.variables.iter().map(OsString::from).collect();
        words.push(self.program.clone().into());
        words.extend(arguments.map(OsString::from));
        words
    }

    /// Ends it as an administrator does: it writes everything down.
    pub(crate) fn shut_down(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.signal(Signal::TERM);
            process.wait();
        }
    }

    /// Runs the server's program to its end, with further arguments. Its output.
    pub(crate) fn run(&self, further: &[String]) -> Result<String, Error> {
        let output = unprivileged(&[])
            .arg("env")
            .args(self.words(further))
            .stdin(Stdio::null())
            .output()?;
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// The same with variables of its environment (`NAME=VALUE`), before it runs.
    pub(crate) fn with_variables(mut self, variables: &[String]) -> Self {
        self.variables = variables.to_vec();
        self
    }

    /// Returns whether the newest that the log says of its cluster is that three are in it and that it
    /// takes statements.
    pub(crate) fn is_in_cluster_of_three(&self) -> bool {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let view = log.rfind("members(").map(|at| &log[at..]);
        let ready = log.rfind("Synchronized with group, ready for connections");
        let lost = log.rfind("status: non-primary");
        view.is_some_and(|view| view.starts_with("members(3)")) && ready > lost
    }

    /// The same server on another machine, before it runs.
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// A server that does not run yet.
    pub(crate) fn create(settings: &[&str]) -> Result<Self, Error> {
        let server = Self::prepare(settings)?;
        server.make_data()?;
        Ok(server)
    }

    /// Like [`create`](Self::create), without data.
    fn prepare(settings: &[&str]) -> Result<Self, Error> {
        let folder = tempfile::tempdir()?;
        give(folder.path())?;
        let program = find("mariadbd", &[PathBuf::from("/usr/sbin")]);
        Ok(Self {
            process: None,
            program: program.ok_or_else(|| Error::not_installed("MariaDB"))?,
            folder,
            place: Place::here(),
            port: free_port()?,
            variables: Vec::new(),
            settings: settings.iter().map(|text| (*text).to_owned()).collect(),
        })
    }

    /// Arguments that also hold while the data are made.
    fn common(&self) -> Vec<String> {
        vec![
            // It has to come first.
            "--no-defaults".to_owned(),
            format!("--datadir={}", self.data().display()),
            // A server that starts removes the temporary tables of others from where its own are.
            format!("--tmpdir={}", self.folder.path().display()),
            "--innodb-buffer-pool-size=16M".to_owned(),
            "--innodb-log-file-size=16M".to_owned(),
            "--innodb-flush-log-at-trx-commit=0".to_owned(),
            "--innodb-use-native-aio=0".to_owned(),
        ]
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

/// The setting of a server that is a node of a cluster.
pub(crate) const IN_CLUSTER: &str = "--wsrep-on=ON";

/// Returns whether a node takes statements.
fn has_joined(log: &Path) -> bool {
    let log = fs::read_to_string(log).unwrap_or_default();
    log.contains("Synchronized with group, ready for connections")
}

/// Returns whether the server greets a client, which it does once it takes statements.
fn is_ready(place: &Place, port: u16) -> Option<()> {
    let mut stream = TcpStream::connect((place.address, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    let mut greeting = [0; 5];
    stream.read_exact(&mut greeting).ok()?;
    // The version of the protocol, after the length and the number of the packet.
    (greeting[4] == 10).then_some(())
}
