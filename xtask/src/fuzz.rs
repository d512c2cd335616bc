//! Fuzzing with the one stable toolchain: libFuzzer and the address sanitizer, no other tool.
//!
//! The sanitizer's flag is not stable, so an environment variable makes the compiler take it. The
//! flags ask for the coverage that libFuzzer steers by.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::process::{Failure, run};
use crate::workspace::{cargo, root, target_directory};

const FLAGS: [&str; 9] = [
    "-Zsanitizer=address",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cdebug-assertions",
    "-Coverflow-checks",
    "-Ccodegen-units=1",
];

/// Fuzzes one target, or each in turn, for so many seconds; a crash is a failure.
pub(crate) fn run_targets(named: Option<&str>, seconds: u64) -> Result<(), Failure> {
    let targets = targets()?;
    let chosen: Vec<String> = match named {
        None => targets,
        Some(name) if targets.iter().any(|target| target == name) => vec![name.to_owned()],
        Some(name) => {
            return Err(Failure::new(format!(
                "no fuzz target {name:?}; there are: {}",
                targets.join(", ")
            )));
        }
    };
    let platform = platform()?;
    for target in chosen {
        build(&target, &platform)?;
        fuzz(&target, &platform, seconds)?;
    }
    Ok(())
}

/// The names of the targets: the files in their folder.
fn targets() -> Result<Vec<String>, Failure> {
    let folder = directory().join("src").join("bin");
    let entries = fs::read_dir(&folder)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", folder.display())))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.path().file_stem()?.to_str().map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}

fn build(target: &str, platform: &str) -> Result<(), Failure> {
    run(cargo()
        .args(["build", "--release", "--manifest-path"])
        .arg(directory().join("Cargo.toml"))
        // With a platform named, build scripts are compiled without the flags.
        .args(["--target", platform, "--bin", target])
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", FLAGS.join(" ")))
}

fn fuzz(target: &str, platform: &str, seconds: u64) -> Result<(), Failure> {
    let corpus = directory().join("corpus").join(target);
    let artifacts = directory().join("artifacts").join(target);
    let seeds = directory().join("seeds").join(target);
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).map_err(|error| {
            Failure::new(format!("cannot create {}: {error}", folder.display()))
        })?;
    }
    let program = target_directory()
        .join(platform)
        .join("release")
        .join(target);
    run(Command::new(program)
        .current_dir(directory())
        .arg(format!("-max_total_time={seconds}"))
        // An input of a few kilobytes has no business to take longer or more memory at once.
        .arg("-timeout=5")
        .arg("-malloc_limit_mb=64")
        .arg("-verbosity=0")
        .arg("-print_final_stats=1")
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        // Findings of libFuzzer go to the first; the second is only read.
        .arg(corpus)
        .args(seeds.is_dir().then_some(seeds)))
}

fn directory() -> PathBuf {
    root().join("fuzz")
}

/// The platform that this toolchain compiles for, in the compiler's words.
fn platform() -> Result<String, Failure> {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let answer = Command::new(compiler)
        .arg("-vV")
        .output()
        .map_err(|error| Failure::new(format!("cannot start rustc: {error}")))?;
    String::from_utf8_lossy(&answer.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .ok_or_else(|| Failure::new("rustc -vV names no host"))
}
