//! A server in a process and on a core of its own.

use std::fs;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, set_parent_process_death_signal};
use tempfile::TempDir;

use crate::cores::pin;
use crate::{Cores, Exchange, Load, Result};

/// A server in a process of its own, on a core of its own; it ends with this value.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    /// For the server's files; removed when the server has ended.
    _directory: TempDir,
}

impl Server {
    /// Starts this program again with the arguments, and the path of an empty directory as the
    /// last. The new process calls [`announce`].
    ///
    /// # Errors
    ///
    /// The process cannot be started, or announces nothing within 30 seconds.
    pub fn start(arguments: &[&str], cores: Cores) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(arguments)
            .arg(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        pin(cores.server)?;
        let spawned = command.spawn();
        pin(cores.load)?;
        let mut server = Self {
            child: spawned?,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            _directory: directory,
        };
        server.address = server.read_address()?;
        Ok(server)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The CPU time that all its threads have used so far.
    ///
    /// # Errors
    ///
    /// The process has ended, or the kernel keeps no such statistics.
    pub fn cpu_time(&self) -> Result<Duration> {
        let mut total = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let statistics = fs::read_to_string(task?.path().join("schedstat"))?;
            let running = statistics.split_whitespace().next();
            total += running
                .ok_or("the kernel counts no CPU time")?
                .parse::<u64>()?;
        }
        Ok(Duration::from_nanos(total))
    }

    /// The microseconds of CPU time for each request of a load.
    ///
    /// # Errors
    ///
    /// Those of [`Load`] and of [`Server::cpu_time`].
    pub fn cpu_per_request(&self, exchange: &Exchange, window: Duration) -> Result<f64> {
        let mut load = Load::start(self.address, exchange)?;
        load.run(window / WARM_UP_PART)?;
        let before = self.cpu_time()?;
        let answers = load.run(window)?;
        let used = self.cpu_time()?.saturating_sub(before);
        Ok(used.as_secs_f64() * 1e6 / answers as f64)
    }

    fn read_address(&mut self) -> Result<SocketAddr> {
        let output = self.child.stdout.as_mut().ok_or("no standard output")?;
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            let mut ready = [PollFd::new(output, PollFlags::IN)];
            if poll(&mut ready, Some(&PATIENCE))? == 0 {
                return Err("a server did not start within 30 seconds".into());
            }
            let mut byte = [0];
            if output.read(&mut byte)? == 0 {
                return Err("a server ended before it had started".into());
            }
            line.push(byte[0]);
        }
        Ok(std::str::from_utf8(&line)?.trim().parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Says where this process listens, and has it end when the one that started it does.
///
/// # Errors
///
/// Standard output is closed: whoever wanted the server is gone.
pub fn announce(address: SocketAddr) -> Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let mut output = std::io::stdout().lock();
    writeln!(output, "{address}")?;
    Ok(output.flush()?)
}

const PATIENCE: Timespec = Timespec {
    tv_sec: 30,
    tv_nsec: 0,
};
/// A server is warmed up for this part of the time it is measured.
const WARM_UP_PART: u32 = 6;
