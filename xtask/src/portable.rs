//! The fallbacks for other systems, compiled on this one.
//!
//! A flag for the whole build would compile the dependencies once more. So this program replaces
//! the compiler where cargo compiles our own crates, and adds the flag there.

use std::env;
use std::ffi::OsString;
use std::process::{Command, ExitCode};

use crate::process::{Failure, run};

/// Set by us for the time of the build: this program is started as the compiler.
const WRAPS: &str = "GRANTOR_PORTABLE_BUILD";

/// Checks that all of our crates compile on the fallbacks. The tests of each module `platform` run in the
/// ordinary build, which has the fallback beside the system's own.
pub(crate) fn check(mut check: Command) -> Result<(), Failure> {
    let this = env::current_exe();
    let this =
        this.map_err(|error| Failure::new(format!("xtask does not find itself: {error}")))?;
    check.env("RUSTC_WORKSPACE_WRAPPER", &this).env(WRAPS, "1");
    run(&mut check)
}

/// Runs the compiler, if this program was started as it, and returns its exit code: the arguments
/// are the compiler and its own.
pub(crate) fn as_compiler() -> Option<ExitCode> {
    env::var_os(WRAPS)?;
    let mut arguments = env::args_os().skip(1);
    let compiler = arguments.next()?;
    let status = Command::new(compiler)
        .args(arguments)
        .args(["--cfg", "grantor_portable"].map(OsString::from))
        .status();
    let is_done = status.is_ok_and(|status| status.success());
    Some(if is_done {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
