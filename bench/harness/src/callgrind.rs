//! Exact costs of one call: instructions and allocations, counted by callgrind.
//!
//! Only what happens within the calls is counted. A program's start varies too much for that: it
//! gathers randomness until it has enough.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Result;
use crate::exchange::{COUNTED_CALLS, COUNTED_CASE};

/// The cost of one call.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a plain pair of numbers")]
pub struct Cost {
    /// Instructions, in user space.
    pub instructions: f64,
    /// Calls of the allocator that return memory.
    pub allocations: f64,
}

/// Returns whether valgrind is there.
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
    let calls = CALLS.to_string();
    run(directory.path(), COUNTED_CALLS, arguments, &calls)?;
    // The first dump is what was counted, the one without a number is all that came after.
    let profile = profile(directory.path(), 1)?.ok_or(NO_CALLS)?;
    Ok(Cost {
        instructions: profile.instructions as f64 / CALLS as f64,
        allocations: profile.allocations as f64 / CALLS as f64,
    })
}

/// The instructions of each call of [`counted_case`](crate::counted_case) that this program makes
/// when it is started with the arguments, the path of an empty directory, and the number of `calls`
/// that are expected.
///
/// # Errors
///
/// valgrind is not there, the program fails, or makes another number of calls.
pub fn costs_of_each_call(arguments: &[&str], calls: usize) -> Result<Vec<u64>> {
    let directory = tempfile::tempdir()?;
    run(
        directory.path(),
        COUNTED_CASE,
        arguments,
        &calls.to_string(),
    )?;
    let mut costs = Vec::with_capacity(calls);
    while let Some(profile) = profile(directory.path(), costs.len() + 1)? {
        costs.push(profile.instructions);
    }
    match costs.len() {
        0 => Err(NO_CALLS.into()),
        counted if counted != calls => Err(format!("{counted} of {calls} calls were seen").into()),
        _ => Ok(costs),
    }
}

/// Runs this program under callgrind, which writes a dump after each call of `function` of what
/// happened in it.
fn run(directory: &Path, function: &str, arguments: &[&str], calls: &str) -> Result<()> {
    let empty = directory.join("empty");
    std::fs::create_dir(&empty)?;
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--compress-strings=no"])
        // Of two options with the same pattern callgrind keeps one.
        .arg(format!("--zero-before=*::{function}*"))
        .arg(format!("--dump-after=*{function}*"))
        .arg(callgrind_out_file(&directory.join("profile")))
        .arg(std::env::current_exe()?)
        .args(arguments)
        .arg(empty)
        .arg(calls)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("valgrind ended with {status}").into()),
    }
}

/// The dump with a number, if there is one.
fn profile(directory: &Path, number: usize) -> Result<Option<Profile>> {
    let path = directory.join("profile").with_extension(number.to_string());
    match std::fs::read(path) {
        Ok(dump) => Profile::read(&String::from_utf8_lossy(&dump)).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
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
                // A function that also calls itself has one entry for each depth.
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

const NO_CALLS: &str = "callgrind saw no calls; is the program stripped of its symbols?";
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
