//! The fallbacks for other systems, compiled on this one.

use std::process::Command;

use crate::process::{Failure, run};
use crate::wrapper;

/// Checks that all of our crates compile on the fallbacks. The tests of each module `platform` run in the
/// ordinary build, which has the fallback beside the system's own.
pub(crate) fn check(mut check: Command) -> Result<(), Failure> {
    wrapper::add_flag(&mut check, "grantor_portable")?;
    run(&mut check)
}
