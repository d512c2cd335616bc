//! Figures: one package of the bench workspace per group.

use std::process::Command;

use crate::differential;
use crate::gate;
use crate::install;
use crate::interop::BenchPeers;
use crate::process::{Failure, run};
use crate::workspace::{cargo, root, target_directory};

/// Measures one group, as text for people or as JSON for the next comparison.
pub(crate) fn run_group(group: &str, json: bool) -> Result<(), Failure> {
    install::programs(&[install::VALGRIND])?;
    if group == "stores" {
        gate::install_servers()?;
    }
    // A group may start other programs of its package.
    run(&mut command(group, "build"))?;
    let mut command = command(group, "run");
    command.arg("--");
    if json {
        command.arg("--json");
    }
    if ["server", "flood"].contains(&group) {
        run(cargo().args([
            "build",
            "--release",
            "--all-features",
            "--package",
            "grantor-cli",
        ]))?;
        let binary = target_directory().join("release").join("grantor");
        command.env("BENCH_GRANTOR", binary);
    }
    if group == "server" {
        let peers = BenchPeers::install()?;
        command.env("BENCH_PYTHON", peers.python);
        command.env("BENCH_NODE", peers.node);
    }
    run(&mut command)
}

fn command(group: &str, verb: &str) -> Command {
    let mut command = cargo();
    command
        .args([verb, "--quiet", "--release", "--manifest-path"])
        .arg(root().join("bench").join("Cargo.toml"))
        .args(["--package", &format!("{group}-group")]);
    if group == "jose" && differential::has_openssl() {
        command.args(["--features", "jose-group/openssl"]);
    }
    command
}
