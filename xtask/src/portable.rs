//! The fallbacks for other systems, compiled and tested on this one.
//!
//! A flag for the whole build would compile the dependencies once more. So this program replaces
//! the compiler where cargo compiles our own crates, and adds the flag there.

use std::env;
use std::ffi::OsString;
use std::process::{Command, ExitCode};

use crate::process::{Failure, run};
use crate::workspace::cargo;

/// Set by us for the time of the build: this program is started as the compiler.
const WRAPS: &str = "GRANTOR_PORTABLE_BUILD";

/// Crates with a module `platform`.
const WITH_PLATFORM: [&str; 3] = ["grantor-cli", "grantor-http", "grantor-store"];

/// Compiles all that is built on the fallbacks, and runs the tests beside them.
pub(crate) fn run_all(settings: impl Fn(&[&str]) -> Command) -> Result<(), Failure> {
    let this = env::current_exe();
    let this = this.map_err(|error| Failure::new(format!("where xtask is: {error}")))?;
    let portable = |mut command: Command| {
        command
            .env("RUSTC_WORKSPACE_WRAPPER", &this)
            .env(WRAPS, "1");
        run(&mut command)
    };
    portable(settings(&["check"]))?;
    let mut tests = cargo();
    tests.args(["test", "--all-features", "--lib", "--quiet"]);
    for name in WITH_PLATFORM {
        tests.args(["--package", name]);
    }
    tests.args(["--", "platform"]);
    portable(tests)
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
