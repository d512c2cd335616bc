//! Exact costs of one call: instructions and allocations, counted by callgrind.
//!
//! Only what happens within the calls is counted. A program's start varies too much for that: it
//! gathers randomness until it has enough.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Result;
use crate::exchange::COUNTED_CALLS;

/// What one call costs.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a plain pair of numbers")]
pub struct Cost {
    /// Instructions, in user space.
    pub instructions: f64,
    /// Calls of the allocator that return memory.
    pub allocations: f64,
}

/// Whether valgrind is there.
#[must_use]
pub fn is_there() -> bool {
    let mut version = Command::new("valgrind");
    version.arg("--version").stdout(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

/// The cost of one of the calls that this program makes with [`repeat`](crate::repeat) when it is
/// started with the arguments, the path of an empty directory, and the number of calls.
///
/// # Errors
///
/// valgrind is not there, or the program fails.
pub fn cost_of_a_call(arguments: &[&str]) -> Result<Cost> {
    let directory = tempfile::tempdir()?;
    let profile = directory.path().join("profile");
    let empty = directory.path().join("empty");
    std::fs::create_dir(&empty)?;
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--compress-strings=no"])
        // Of two options with the same pattern callgrind keeps one.
        .arg(format!("--zero-before=*::{COUNTED_CALLS}*"))
        .arg(format!("--dump-after=*{COUNTED_CALLS}*"))
        .arg(callgrind_out_file(&profile))
        .arg(std::env::current_exe()?)
        .args(arguments)
        .arg(empty)
        .arg(CALLS.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    if !status.success() {
        return Err(format!("valgrind ended with {status}").into());
    }
    // The first dump is what was counted, the one without a number is all that came after.
    let dump = std::fs::read(profile.with_extension("1"))
        .map_err(|_| "callgrind saw no calls; is the program stripped of its symbols?")?;
    let profile = Profile::read(&String::from_utf8_lossy(&dump))?;
    Ok(Cost {
        instructions: profile.instructions as f64 / CALLS as f64,
        allocations: profile.allocations as f64 / CALLS as f64,
    })
}

fn callgrind_out_file(path: &Path) -> std::ffi::OsString {
    let mut option = std::ffi::OsString::from("--callgrind-out-file=");
    option.push(path);
    option
}

#[derive(Debug, PartialEq, Eq)]
struct Profile {
    instructions: u64,
    allocations: u64,
}

impl Profile {
    fn read(text: &str) -> Result<Self> {
        let mut instructions = None;
        let mut allocations = 0;
        let mut allocates = false;
        for line in text.lines() {
            if let Some(total) = line.strip_prefix("totals: ") {
                instructions = Some(total.trim().parse()?);
            } else if let Some(callee) = line.strip_prefix("cfn=") {
                // A function that also calls itself is told apart by its depth.
                let name = callee.split('\'').next().unwrap_or(callee);
                allocates = ALLOCATORS.contains(&name);
            } else if let Some(calls) = line.strip_prefix("calls=").filter(|_| allocates) {
                let number = calls.split(' ').next().unwrap_or_default();
                allocations += number.parse::<u64>()?;
            }
        }
        Ok(Self {
            instructions: instructions.ok_or("callgrind wrote no totals")?,
            allocations,
        })
    }
}

const CALLS: u64 = 1_000;
const ALLOCATORS: [&str; 6] = [
    "aligned_alloc",
    "calloc",
    "malloc",
    "memalign",
    "posix_memalign",
    "realloc",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_tells_instructions_and_allocations() {
        let text = "events: Ir\n\nfn=main\n10 3\ncfn=malloc\ncalls=4 0\n10 80\ncfn=free\n\
            calls=9 0\n10 9\ncfn=realloc'2\ncalls=2 0\n10 5\ntotals: 1234\n";
        let expected = Profile {
            instructions: 1234,
            allocations: 6,
        };
        assert_eq!(Profile::read(text).unwrap(), expected);
        assert!(Profile::read("events: Ir\n").is_err());
    }
}
