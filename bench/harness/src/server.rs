//! A server in a process and on a core of its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, set_parent_process_death_signal};
use tempfile::TempDir;

use crate::cores::pin;
use crate::processes::Processes;
use crate::{Cores, Exchange, Load, Requests, Result};

/// A server in a process of its own, on a core of its own; it ends with this value.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    /// For the server's files; removed when the server has ended.
    _directory: TempDir,
}

/// What a server did under load.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "plain numbers")]
pub struct Measured {
    /// Microseconds of CPU time for each request.
    pub cpu: f64,
    /// Answers in a second.
    pub per_second: f64,
    /// The microseconds within which half of the answers came.
    pub p50: f64,
    /// The microseconds within which 99 % of the answers came.
    pub p99: f64,
    /// Resident memory at the end, in MiB.
    pub resident: f64,
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
        command.args(arguments).arg(directory.path());
        command.stdout(Stdio::piped());
        let mut server = Self::spawn(&mut command, cores, directory)?;
        server.address = server.read_address()?;
        Ok(server)
    }

    /// Starts another program, which listens on the port that the command was made for.
    ///
    /// # Errors
    ///
    /// The process cannot be started, ends, or does not listen within 30 seconds.
    pub fn start_program(command: impl FnOnce(u16) -> Command, cores: Cores) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = command(address.port());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut server = Self::spawn(&mut command, cores, tempfile::tempdir()?)?;
        server.address = address;
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            if server.child.try_wait()?.is_some() {
                return Err(format!("{command:?} ended before it had started").into());
            }
            if began.elapsed() > START_LIMIT {
                return Err(format!("{command:?} did not start within 30 seconds").into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    fn spawn(command: &mut Command, cores: Cores, directory: TempDir) -> Result<Self> {
        pin(cores.server)?;
        let spawned = command.stdin(Stdio::null()).spawn();
        pin(cores.load)?;
        Ok(Self {
            child: spawned?,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            _directory: directory,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The CPU time that all its threads have used so far, and those of its children.
    ///
    /// # Errors
    ///
    /// The process has ended, or the kernel keeps no such statistics.
    pub fn cpu_time(&self) -> Result<Duration> {
        Processes::below(self.child.id()).cpu_time()
    }

    /// Its resident memory in MiB, and that of its children.
    ///
    /// # Errors
    ///
    /// The process has ended.
    pub fn resident(&self) -> Result<f64> {
        Processes::below(self.child.id()).resident()
    }

    /// The microseconds of CPU time for each request of a load.
    ///
    /// # Errors
    ///
    /// Those of [`Load`] and of [`Server::cpu_time`].
    pub fn cpu_per_request(&self, exchange: &Exchange, window: Duration) -> Result<f64> {
        let requests = Requests::Same(exchange.bytes(self.address));
        Ok(self.measure(requests, window)?.cpu)
    }

    /// Loads it for this long after some time to warm up, or until all requests were sent.
    ///
    /// # Errors
    ///
    /// Those of [`Load`] and of [`Server::cpu_time`].
    pub fn measure(&self, requests: Requests, window: Duration) -> Result<Measured> {
        let mut load = Load::start(self.address, requests)?;
        load.run(window / WARM_UP_PART)?;
        let before = self.cpu_time()?;
        let answers = load.run(window)?;
        let used = self.cpu_time()?.saturating_sub(before);
        Ok(Measured {
            cpu: used.as_secs_f64() * 1e6 / answers.count() as f64,
            per_second: answers.per_second(),
            p50: answers.quantile(0.5),
            p99: answers.quantile(0.99),
            resident: self.resident()?,
        })
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
        Processes::below(self.child.id()).kill();
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

const START_LIMIT: Duration = Duration::from_secs(30);
const PATIENCE: Timespec = Timespec {
    tv_sec: 30,
    tv_nsec: 0,
};
/// A server is warmed up for this part of the time it is measured.
const WARM_UP_PART: u32 = 6;
