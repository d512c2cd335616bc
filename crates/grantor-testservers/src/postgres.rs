//! A PostgreSQL server with a database of its own.

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::process::{Process, find, give, unprivileged};
use crate::{Error, free_port};

/// A PostgreSQL server on a free port of 127.0.0.1.
///
/// It checks the password of its only user, `postgres`, by SCRAM-SHA-256, and does not wait for the
/// disk (`fsync=off`) unless it is started with another setting.
pub struct Postgres {
    process: Option<Process>,
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    settings: Vec<String>,
    longest_file: Option<u64>,
}

impl Postgres {
    /// The password of the user `postgres`.
    pub const PASSWORD: &'static str = "correct-horse";

    /// Starts a server with a new database.
    ///
    /// # Errors
    /// It is not installed, or it does not start; then the message has its log.
    pub fn start() -> Result<Self, Error> {
        Self::start_with(&[])
    }

    /// Like [`start`](Self::start), with settings such as `fsync=on`, which go before ours.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(settings: &[&str]) -> Result<Self, Error> {
        let mut server = Self::create(settings)?;
        server.run()?;
        Ok(server)
    }

    /// Starts a server that can write no file of more bytes, as if the disk was full then.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with_short_files(longest_file: u64) -> Result<Self, Error> {
        let mut server = Self::create(&[])?;
        server.longest_file = Some(longest_file);
        server.run()?;
        Ok(server)
    }

    /// Starts a server that also takes connections by TLS, with this certificate and key in PEM.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with_tls(certificate: &str, key: &str) -> Result<Self, Error> {
        let mut server = Self::create(&["ssl=on"])?;
        for (name, pem) in [("server.crt", certificate), ("server.key", key)] {
            let path = server.data().join(name);
            File::create(&path)?;
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            fs::write(&path, pem)?;
            give(&path)?;
        }
        server.run()?;
        Ok(server)
    }

    /// Starts a copy of this server that follows it, as the standby `name`. It takes no writes until
    /// it is promoted (`SELECT pg_promote()`).
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_standby(&self, name: &str) -> Result<Self, Error> {
        let mut settings = self.settings.clone();
        // By which the primary knows it.
        settings.push(format!("cluster_name={name}"));
        // It has no standby of its own.
        settings.push("synchronous_standby_names=".to_owned());
        let mut standby = Self::prepare(settings)?;
        standby.run_program(
            "pg_basebackup",
            &[
                "--host=127.0.0.1",
                &format!("--port={}", self.port),
                "--username=postgres",
                "--checkpoint=fast",
                "--no-sync",
                "--write-recovery-conf",
                &format!("--pgdata={}", standby.data().display()),
            ],
        )?;
        standby.run()?;
        Ok(standby)
    }

    /// A server that does not run yet.
    fn create(settings: &[&str]) -> Result<Self, Error> {
        let settings = settings.iter().map(|text| (*text).to_owned());
        let server = Self::prepare(settings.collect())?;
        server.make_data()?;
        Ok(server)
    }

    /// Like [`create`](Self::create), without data.
    fn prepare(settings: Vec<String>) -> Result<Self, Error> {
        let programs = programs()?;
        let folder = tempfile::tempdir()?;
        give(folder.path())?;
        Ok(Self {
            process: None,
            programs,
            folder,
            port: free_port()?,
            settings,
            longest_file: None,
        })
    }

    /// The URL of the database, with user and password.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_at(self.port)
    }

    /// Like [`url`](Self::url), where another port leads to the server.
    #[must_use]
    pub fn url_at(&self, port: u16) -> String {
        let password = Self::PASSWORD;
        format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres")
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Copies the database into that of another server, which is empty, as a backup is restored:
    /// `pg_dump` and `psql`.
    ///
    /// # Errors
    /// One of the programs fails.
    pub fn copy_to(&self, other: &Self) -> Result<(), Error> {
        let file = format!("--file={}", other.folder.path().join("dump").display());
        let run = |program: &str, server: &Self, options: &[&str]| {
            let port = format!("--port={}", server.port);
            let place = ["--host=127.0.0.1", &port, "--username=postgres"];
            self.run_program(program, &[&place[..], &[&file], options].concat())
        };
        run("pg_dump", self, &["postgres"])?;
        run(
            "psql",
            other,
            &[
                "--no-psqlrc",
                "--set=ON_ERROR_STOP=1",
                "--quiet",
                "postgres",
            ],
        )
    }

    /// Ends it with SIGKILL, as a crash of the machine does.
    pub fn kill(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill();
        }
        self.process = None;
    }

    /// Ends it as `pg_ctl stop -m fast` does: it ends the statements that run.
    pub fn shut_down(&mut self) {
        if let Some(process) = &self.process {
            process.signal(Signal::INT);
        }
        // Waits, and signals once more what is gone.
        self.process = None;
    }

    /// Starts it again with the data that it has.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn restart(&mut self) -> Result<(), Error> {
        self.process = None;
        // Processes of a crashed server end when they notice; until then the data are in use.
        let mut tries = 100;
        loop {
            match self.run() {
                Err(error) if tries == 0 || !error.0.contains(IN_USE) => return Err(error),
                Err(_) => tries -= 1,
                Ok(()) => return Ok(()),
            }
        }
    }

    fn make_data(&self) -> Result<(), Error> {
        let password = self.folder.path().join("password");
        fs::write(&password, Self::PASSWORD)?;
        give(&password)?;
        self.run_program(
            "initdb",
            &[
                "--username=postgres",
                "--auth=scram-sha-256",
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C",
                &format!("--pwfile={}", password.display()),
                &format!("--pgdata={}", self.data().display()),
            ],
        )
    }

    /// Runs one of the server's programs to its end.
    fn run_program(&self, name: &str, arguments: &[&str]) -> Result<(), Error> {
        let output = unprivileged(&[])
            .arg(self.programs.join(name))
            .args(arguments)
            .env("PGPASSWORD", Self::PASSWORD)
            .stdin(Stdio::null())
            .output()?;
        match output.status.success() {
            true => Ok(()),
            false => Err(Error::new(format!(
                "{name} failed: {}",
                String::from_utf8_lossy(&output.stderr)
            ))),
        }
    }

    fn run(&mut self) -> Result<(), Error> {
        let (data, log) = (self.data(), self.folder.path().join("log"));
        let state = data.join("postmaster.pid");
        let port = format!("port={}", self.port);
        let ours = [
            "fsync=off",
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "shared_buffers=16MB",
            "max_connections=100",
            &port,
        ];
        let mut arguments: Vec<OsString> = vec!["-D".into(), data.into()];
        for setting in ours.into_iter().chain(self.settings.iter().map(|s| &**s)) {
            arguments.extend(["-c".into(), setting.into()]);
        }
        let mut program = self.programs.join("postgres");
        if let Some(bytes) = self.longest_file {
            let limit = format!("--fsize={bytes}");
            arguments.splice(0..0, [limit.into(), program.into()]);
            program = "prlimit".into();
        }
        let mut process = Process::start(program.as_os_str(), &arguments, Signal::QUIT, &log)?;
        let pid = process.id();
        process.wait_until(&log, || is_ready(&state, pid))?;
        self.process = Some(process);
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

/// The server writes its process id into the first line of this file and its state into the eighth.
fn is_ready(state: &Path, pid: u32) -> bool {
    let text = fs::read_to_string(state).unwrap_or_default();
    let line = |number| text.lines().nth(number).unwrap_or_default().trim();
    line(0) == pid.to_string() && line(7) == "ready"
}

/// The server's message if processes of its last run live.
const IN_USE: &str = "is still in use";

/// The folder of the server's programs, of the newest version that is installed.
pub(crate) fn programs() -> Result<PathBuf, Error> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut folders: Vec<_> = versions.flatten().map(|v| v.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    let found = find("initdb", &folders).and_then(|initdb| fs::canonicalize(initdb).ok());
    let folder = found.and_then(|initdb| initdb.parent().map(Path::to_owned));
    folder.ok_or_else(|| Error::not_installed("PostgreSQL"))
}
