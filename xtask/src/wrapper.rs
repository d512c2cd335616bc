//! A flag for the crates of this workspace alone.
//!
//! A flag for the whole build would compile the dependencies once more. So this program replaces
//! the compiler where cargo compiles our own crates, and adds the flag there.

use std::env;
use std::ffi::OsStr;
use std::process::{Command, ExitCode};

use crate::process::Failure;

/// Set by us for the time of a build, to the flag: this program is started as the compiler.
const FLAG: &str = "GRANTOR_BUILD_CFG";

/// Has a command of cargo compile our crates with `--cfg` and this flag.
pub(crate) fn add_flag(command: &mut Command, flag: &str) -> Result<(), Failure> {
    let this = env::current_exe();
    let this =
        this.map_err(|error| Failure::new(format!("xtask does not find itself: {error}")))?;
    command.env("RUSTC_WORKSPACE_WRAPPER", this).env(FLAG, flag);
    Ok(())
}

/// Runs the compiler, if this program was started as it, and returns its exit code: the arguments
/// are the compiler and its own.
pub(crate) fn as_compiler() -> Option<ExitCode> {
    let flag = env::var_os(FLAG)?;
    let mut arguments = env::args_os().skip(1);
    let compiler = arguments.next()?;
    let status = Command::new(compiler)
        .args(arguments)
        .args([OsStr::new("--cfg"), &flag])
        .status();
    let is_done = status.is_ok_and(|status| status.success());
    Some(if is_done {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
