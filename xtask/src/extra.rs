//! Slow checks outside the gate. Each is a program that one installs once; none is installed here.

use std::process::Command;

use crate::process::{Failure, run, succeeds};
use crate::workspace::{cargo, root};

/// A check, and the crate that brings its program.
struct Check {
    what: &'static str,
    package: &'static str,
    program: Program,
    arguments: &'static [&'static str],
}

enum Program {
    /// A subcommand of cargo.
    Cargo(&'static str),
    /// A program of its own.
    Alone(&'static str),
}

const CHECKS: [Check; 7] = [
    Check {
        what: "every feature compiles on its own",
        package: "cargo-hack",
        program: Program::Cargo("hack"),
        arguments: &["check", "--workspace", "--each-feature", "--no-dev-deps"],
    },
    Check {
        what: "the tests of each crate compile with what it turns on itself",
        package: "cargo-hack",
        program: Program::Cargo("hack"),
        arguments: &["check", "--workspace", "--tests"],
    },
    Check {
        what: "the fuzz targets compile",
        package: "cargo-hack",
        program: Program::Cargo("hack"),
        arguments: &["check", "--manifest-path", "fuzz/Cargo.toml"],
    },
    Check {
        what: "licences, sources and doubles among the dependencies",
        package: "cargo-deny",
        program: Program::Cargo("deny"),
        // Not advisories, whose database is no dependency of ours.
        arguments: &["--locked", "check", "bans", "licenses", "sources"],
    },
    Check {
        what: "every dependency is used",
        package: "cargo-machete",
        // As a subcommand it takes its own name for a path, where xtask was started by cargo.
        program: Program::Alone("cargo-machete"),
        arguments: &[],
    },
    Check {
        what: "the public API against the last release",
        package: "cargo-semver-checks",
        program: Program::Cargo("semver-checks"),
        arguments: &["--workspace"],
    },
    Check {
        what: "spelling",
        package: "typos-cli",
        program: Program::Alone("typos"),
        arguments: &[],
    },
];

/// Runs the checks that are installed, and says which are not.
pub(crate) fn run_all() -> Result<(), Failure> {
    let mut failures = Vec::new();
    for check in CHECKS {
        if !succeeds(check.program.command().arg("--version")) {
            println!(
                "missing  {}: cargo install --locked {}",
                check.what, check.package
            );
            continue;
        }
        match run(check.program.command().args(check.arguments)) {
            Ok(()) => println!("ok       {}", check.what),
            Err(failure) => {
                println!("FAILED   {}", check.what);
                failures.push(failure.to_string());
            }
        }
    }
    if failures.is_empty() {
        return Ok(());
    }
    Err(Failure::new(failures.join("\n       ")))
}

impl Program {
    fn command(&self) -> Command {
        let mut command = match self {
            Self::Cargo(subcommand) => {
                let mut command = cargo();
                command.arg(subcommand);
                command
            }
            Self::Alone(program) => Command::new(program),
        };
        command.current_dir(root());
        command
    }
}
