//! The command, with a client, a client of a browser, and a user.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use harness::{Error, Result};
use tempfile::TempDir;

/// A running command; it ends with this value.
pub(crate) struct Running {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

/// The identifier of the client whose users sign in.
pub(crate) const SPA: &str = "spa";
/// Where its codes go.
pub(crate) const REDIRECT_URI: &str = "https://app.example/cb";

impl Running {
    pub(crate) fn start() -> Result<Self> {
        let binary = std::env::var_os("BENCH_GRANTOR").map(PathBuf::from);
        let binary = binary.ok_or("start this with `cargo xtask bench flood`")?;
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let run = |words: &[&str], input| run(&binary, &data, words, input);
        let service = ["client", "add", "client", "--grant", "client_credentials"];
        run(
            &[&service[..], &["--scope", "read", "--secret-stdin"]].concat(),
            SECRET,
        )?;
        let spa = [
            "client",
            "add",
            SPA,
            "--public",
            "--grant",
            "authorization_code",
        ];
        let settings = ["--scope", "read", "--redirect-uri", REDIRECT_URI];
        run(&[&spa[..], &settings].concat(), "")?;
        run(&["user", "add", "victim"], "a password of somebody")?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = Command::new(&binary)
            .args(["serve", "--listen", &address.to_string(), "--data"])
            .arg(&data)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let running = Self {
            child,
            address,
            _folder: folder,
        };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            if began.elapsed() > Duration::from_secs(30) {
                return Err("the command does not listen".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(running)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its resident memory in MiB.
    pub(crate) fn memory(&self) -> Result<f64> {
        self.status("VmRSS:")
    }

    /// The most that it ever had, in MiB.
    pub(crate) fn peak_memory(&self) -> Result<f64> {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> Result<f64> {
        let status = fs::File::open(format!("/proc/{}/status", self.child.id()))?;
        for line in BufReader::new(status).lines() {
            if let Some(size) = line?.strip_prefix(name) {
                let kibibytes: f64 = size.trim().trim_end_matches(" kB").parse()?;
                return Ok(kibibytes / 1024.0);
            }
        }
        Err("the command has ended".into())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(binary: &Path, data: &Path, words: &[&str], input: &str) -> Result<()> {
    let mut child = Command::new(binary)
        .args(words)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(Error::from(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )),
    }
}

/// The secret of the client: `client:` and this are what the token requests have in base64.
const SECRET: &str = "a-secret-of-the-client-of-the-flood";
