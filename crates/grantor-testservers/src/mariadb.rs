//! A MariaDB server with a database of its own.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::process::{Process, find, give, unprivileged};
use crate::{Error, free_port};

/// A MariaDB server on a free port of 127.0.0.1, with the database `grantor`.
///
/// It checks the passwords of its users: `grantor`, who owns the database, and `administrator`. It does
/// not wait for the disk unless it is started with another setting.
pub struct MariaDb {
    process: Option<Process>,
    program: PathBuf,
    folder: TempDir,
    port: u16,
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
        format!(
            "mysql://grantor:{}@127.0.0.1:{port}/grantor",
            Self::PASSWORD
        )
    }

    /// Like [`url`](Self::url), for the user who may do everything.
    #[must_use]
    pub fn administrator_url(&self) -> String {
        let (password, port) = (Self::PASSWORD, self.port);
        format!("mysql://administrator:{password}@127.0.0.1:{port}/grantor")
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
        self.process = None;
        let log = self.folder.path().join("log");
        let socket = self.socket();
        let ours = [
            format!("--port={}", self.port),
            format!("--socket={}", socket.display()),
            format!("--pid-file={}", self.folder.path().join("pid").display()),
            "--bind-address=127.0.0.1".to_owned(),
            "--skip-name-resolve".to_owned(),
            "--max-connections=200".to_owned(),
        ];
        let arguments = self.common().into_iter().chain(ours);
        let arguments = arguments.chain(self.settings.iter().cloned());
        let arguments: Vec<_> = arguments.map(OsString::from).collect();
        let program = self.program.as_os_str();
        let mut process = Process::start(program, &arguments, Signal::KILL, &log)?;
        let in_cluster = self.settings.iter().any(|setting| setting == IN_CLUSTER);
        process.wait_until(&log, || {
            is_ready(self.port).is_some() && (!in_cluster || has_joined(&log))
        })?;
        self.process = Some(process);
        Ok(())
    }

    /// A server that does not run yet.
    fn create(settings: &[&str]) -> Result<Self, Error> {
        let folder = tempfile::tempdir()?;
        give(folder.path())?;
        let program = find("mariadbd", &[PathBuf::from("/usr/sbin")]);
        let server = Self {
            process: None,
            program: program.ok_or_else(|| Error::not_installed("MariaDB"))?,
            folder,
            port: free_port()?,
            settings: settings.iter().map(|text| (*text).to_owned()).collect(),
        };
        server.make_data()?;
        Ok(server)
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

    /// Runs the server's own scripts, as `mariadb-install-db` does, which needs a package more.
    fn make_data(&self) -> Result<(), Error> {
        fs::create_dir(self.data())?;
        give(&self.data())?;
        let script = self.folder.path().join("script.sql");
        fs::write(&script, script_of(Path::new("/usr/share/mysql"))?)?;
        let output = unprivileged(&[])
            .arg(&self.program)
            .args(self.common())
            .arg("--bootstrap")
            .stdin(File::open(&script)?)
            .output()?;
        match output.status.success() {
            true => Ok(()),
            false => Err(Error::new(format!(
                "mariadbd --bootstrap failed: {}",
                String::from_utf8_lossy(&output.stderr)
            ))),
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

/// The statements that make the system's tables, the database and the users, each on lines of its
/// own.
fn script_of(folder: &Path) -> Result<String, Error> {
    let mut script = "CREATE DATABASE mysql;\nUSE mysql;\n".to_owned();
    for name in [
        "mysql_system_tables.sql",
        "mysql_performance_tables.sql",
        "mysql_system_tables_data.sql",
    ] {
        script += &fs::read_to_string(folder.join(name))?;
    }
    let password = MariaDb::PASSWORD;
    script += "\nCREATE DATABASE grantor;\nFLUSH PRIVILEGES;\n";
    for (user, rights) in [
        (
            "administrator",
            "*.* TO 'administrator'@'%' WITH GRANT OPTION",
        ),
        ("grantor", "grantor.* TO 'grantor'@'%'"),
    ] {
        script += &format!("CREATE USER '{user}'@'%' IDENTIFIED BY '{password}';\n");
        script += &format!("GRANT ALL ON {rights};\n");
    }
    Ok(script)
}

/// The setting of a server that is a node of a cluster.
pub(crate) const IN_CLUSTER: &str = "--wsrep-on=ON";

/// Returns whether a node takes statements.
fn has_joined(log: &Path) -> bool {
    let log = fs::read_to_string(log).unwrap_or_default();
    log.contains("Synchronized with group, ready for connections")
}

/// Returns whether the server greets a client, which it does once it takes statements.
fn is_ready(port: u16) -> Option<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    let mut greeting = [0; 5];
    stream.read_exact(&mut greeting).ok()?;
    // The version of the protocol, after the length and the number of the packet.
    (greeting[4] == 10).then_some(())
}
