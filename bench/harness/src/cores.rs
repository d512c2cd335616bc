//! One core of the machine for the server and one for the load.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::Result;

/// One core for the server and one for the load.
#[derive(Debug, Clone, Copy)]
pub struct Cores {
    /// The server's.
    pub server: usize,
    /// The load's, and everything else's.
    pub load: usize,
}

impl Cores {
    /// The last and the first of the cores that this process may use.
    ///
    /// # Errors
    ///
    /// There is one core only.
    pub fn find() -> Result<Self> {
        let allowed = sched_getaffinity(None)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        match (cores.next(), cores.next_back()) {
            (Some(load), Some(server)) => Ok(Self { server, load }),
            _ => Err("a server is measured on a core of its own, and there is only one".into()),
        }
    }
}

/// Ties this thread to a core; the processes it starts inherit that.
pub(crate) fn pin(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    Ok(sched_setaffinity(None, &set)?)
}
