//! Figures: one package of the bench workspace per group.

use crate::differential;
use crate::install;
use crate::process::{Failure, run};
use crate::workspace::{cargo, root};

/// Measures one group, as text for people or as JSON for the next comparison.
pub(crate) fn run_group(group: &str, json: bool) -> Result<(), Failure> {
    install::programs(&[install::VALGRIND])?;
    let mut command = cargo();
    command
        .args(["run", "--quiet", "--release", "--manifest-path"])
        .arg(root().join("bench").join("Cargo.toml"))
        .args(["--package", &format!("{group}-group")]);
    if group == "jose" && differential::has_openssl() {
        command.args(["--features", "jose-group/openssl"]);
    }
    command.arg("--");
    if json {
        command.arg("--json");
    }
    run(&mut command)
}
