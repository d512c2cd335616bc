//! A process and those that it has started.

use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::Result;

/// A process and those that it has started, as a server may have a process that only watches another.
#[derive(Debug)]
pub(crate) struct Processes(Vec<u32>);

impl Processes {
    pub(crate) fn below(id: u32) -> Self {
        let mut found = vec![id];
        let mut next = 0;
        while let Some(id) = found.get(next).copied() {
            // Each thread has children of its own.
            let tasks = fs::read_dir(format!("/proc/{id}/task"));
            for task in tasks.into_iter().flatten().flatten() {
                let children = fs::read_to_string(task.path().join("children"));
                let children = children.unwrap_or_default();
                let children = children.split_whitespace();
                found.extend(children.filter_map(|id| id.parse::<u32>().ok()));
            }
            next += 1;
        }
        Self(found)
    }

    /// The CPU time of all their threads.
    pub(crate) fn cpu_time(&self) -> Result<Duration> {
        let mut total = 0;
        for id in &self.0 {
            for task in fs::read_dir(format!("/proc/{id}/task"))? {
                let statistics = fs::read_to_string(task?.path().join("schedstat"))?;
                let running = statistics.split_whitespace().next();
                total += running
                    .ok_or("the kernel counts no CPU time")?
                    .parse::<u64>()?;
            }
        }
        Ok(Duration::from_nanos(total))
    }

    /// Their resident memory in MiB.
    pub(crate) fn resident(&self) -> Result<f64> {
        let mut kibibytes = 0;
        for id in &self.0 {
            let status = fs::read_to_string(format!("/proc/{id}/status"))?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            let line = line.ok_or("the process has ended")?;
            kibibytes += line.trim().trim_end_matches(" kB").parse::<u64>()?;
        }
        Ok(kibibytes as f64 / 1024.0)
    }

    /// Ends them, the youngest first.
    pub(crate) fn kill(&self) {
        for id in self.0.iter().rev() {
            if let Some(pid) = i32::try_from(*id).ok().and_then(Pid::from_raw) {
                // It may have ended by itself.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_found_with_its_children() {
        let mut child = std::process::Command::new("sleep")
            .arg("30")
            .spawn()
            .unwrap();
        let own = Processes::below(std::process::id());
        assert!(own.0.contains(&child.id()), "{own:?}");
        assert!(own.resident().unwrap() > 0.1);
        assert!(own.cpu_time().unwrap() > Duration::ZERO);
        Processes(vec![child.id()]).kill();
        assert!(!child.wait().unwrap().success());
    }
}
