//! One server process, which does not outlive its test.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};

use crate::Error;
use crate::machines::Place;

/// How long a server may take until it is ready.
const START: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);

/// A child process. Dropping it ends it.
pub(crate) struct Process {
    child: Child,
    end: Signal,
    /// The thread that spawned the child lives until this is dropped. The kernel signals the child
    /// when that thread ends, which it does with the process at the latest.
    _keeper: Sender<()>,
}

impl Process {
    /// Starts `program` on this machine. `end` is the signal that ends it at once. Its output goes to
    /// `log`.
    pub(crate) fn start(
        program: &OsStr,
        arguments: &[OsString],
        end: Signal,
        log: &Path,
    ) -> Result<Self, Error> {
        Self::start_at(&Place::here(), program, arguments, end, log)
    }

    /// Like [`start`](Self::start), anywhere.
    pub(crate) fn start_at(
        place: &Place,
        program: &OsStr,
        arguments: &[OsString],
        end: Signal,
        log: &Path,
    ) -> Result<Self, Error> {
        let name = match end {
            Signal::QUIT => "QUIT",
            Signal::TERM => "TERM",
            _ => "KILL",
        };
        let command = place.unprivileged(&["--pdeathsig", name]);
        Self::spawn(command, program, arguments, end, log)
    }

    /// Like [`start`](Self::start), as the user that tests run as: for a program in a folder that
    /// others may not enter.
    pub(crate) fn start_as_it_is(
        program: &OsStr,
        arguments: &[OsString],
        log: &Path,
    ) -> Result<Self, Error> {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]);
        Self::spawn(command, program, arguments, Signal::KILL, log)
    }

    fn spawn(
        mut command: Command,
        program: &OsStr,
        arguments: &[OsString],
        end: Signal,
        log: &Path,
    ) -> Result<Self, Error> {
        let output = File::options().create(true).append(true).open(log)?;
        command
            .arg(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let (keeper, until_dropped) = channel::<()>();
        let (started, spawned) = channel();
        thread::spawn(move || {
            if started.send(command.spawn()).is_ok() {
                let _ = until_dropped.recv();
            }
        });
        let child = spawned.recv().map_err(|_| Error::new("no thread"))?;
        Ok(Self {
            child: child.map_err(|error| Error::new(format!("setpriv: {error}")))?,
            end,
            _keeper: keeper,
        })
    }

    /// Waits until the server is ready.
    pub(crate) fn wait_until(
        &mut self,
        log: &Path,
        mut is_ready: impl FnMut() -> bool,
    ) -> Result<(), Error> {
        let started = Instant::now();
        while !is_ready() {
            let ended = self.child.try_wait()?;
            if ended.is_some() || started.elapsed() > START {
                let log = fs::read_to_string(log).unwrap_or_default();
                return Err(Error::new(format!("the server did not start:\n{log}")));
            }
            sleep(POLL);
        }
        Ok(())
    }

    /// The id of the server's first process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) {
        let _ = self.child.wait();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(self.end);
        let _ = self.child.wait();
    }
}

/// The user that servers run as where tests run as root: some refuse to be root.
const USER: &str = "postgres";

/// A command that runs what comes after its arguments without root's rights.
pub(crate) fn unprivileged(options: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    if geteuid().is_root() {
        command.args(["--reuid", USER, "--regid", USER, "--clear-groups"]);
    }
    command.args(options).arg("--");
    command
}

/// Gives a path to the user that servers run as.
pub(crate) fn give(path: &Path) -> Result<(), Error> {
    if geteuid().is_root() {
        let done = Command::new("chown").arg(USER).arg(path).status()?;
        if !done.success() {
            return Err(Error::not_installed("PostgreSQL"));
        }
    }
    Ok(())
}

/// The program `name` in one of `folders`, or where programs are.
pub(crate) fn find(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let everywhere = folders.iter().cloned().chain(std::env::split_paths(&path));
    everywhere
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}
