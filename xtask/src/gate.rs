//! The gate: what must pass before a change lands, cheapest first.

use std::env;
use std::process::Command;

use crate::install;
use crate::interop;
use crate::portable;
use crate::process::{self, Failure, succeeds};
use crate::workspace::cargo;

/// One set of features for every step: another set would compile the dependencies once more.
const EVERYTHING: [&str; 2] = ["--workspace", "--all-features"];

/// How strict the gate is, and how much of it runs.
pub(crate) struct Settings {
    interop: bool,
    /// The lock file must fit the manifests as it is.
    locked: bool,
    /// Incremental compilation only costs where nothing is compiled twice.
    incremental: bool,
}

impl Settings {
    pub(crate) fn for_contributor(interop: bool) -> Self {
        let ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
        Self {
            interop,
            locked: ci,
            incremental: !ci,
        }
    }

    pub(crate) fn for_ci() -> Self {
        Self {
            interop: true,
            locked: true,
            incremental: false,
        }
    }

    fn cargo(&self, subcommand: &[&str]) -> Command {
        let mut command = cargo();
        command.args(subcommand).args(EVERYTHING);
        if self.locked {
            command.arg("--locked");
        }
        if !self.incremental {
            command.env("CARGO_INCREMENTAL", "0");
        }
        command
    }
}

/// Installs what tests start: the servers of the stores, and what watches system calls.
pub(crate) fn install_servers() -> Result<(), Failure> {
    install::programs(&[
        install::STRACE,
        install::POSTGRES,
        install::MARIADB,
        install::GALERA,
        install::REDIS,
        install::MEMCACHED,
        install::DBUS,
        install::KEYRING,
    ])?;
    interop::mongod::install()
}

/// Runs every step, and stops at the first that fails.
pub(crate) fn run(settings: &Settings) -> Result<(), Failure> {
    install::toolchain_components()?;
    install_servers()?;

    process::run(cargo().args(["fmt", "--all", "--check"]))?;
    process::run(
        settings
            .cargo(&["clippy", "--all-targets"])
            .args(["--", "--deny", "warnings"]),
    )?;
    process::run(
        settings
            .cargo(&["doc", "--no-deps"])
            .env("RUSTDOCFLAGS", "--deny warnings"),
    )?;
    if succeeds(cargo().args(["nextest", "--version"])) {
        process::run(&mut settings.cargo(&["nextest", "run", "--no-fail-fast"]))?;
        process::run(&mut settings.cargo(&["test", "--doc"]))?;
    } else {
        process::run(&mut settings.cargo(&["test"]))?;
    }
    portable::check(settings.cargo(&["check"]))?;
    if settings.interop {
        interop::programs(None)?;
    }
    Ok(())
}
