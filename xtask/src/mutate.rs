//! Security checks turned off one by one: the test of each must fail then.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::process::Failure;
use crate::workspace::{cargo, root, target_directory};
use crate::wrapper;

/// The variable that turns a check off, in a build with `--cfg grantor_mutate` alone.
const VARIABLE: &str = "GRANTOR_MUTATE";

/// The list of the checks, below the root of the workspace.
const LIST: &str = "xtask/checks.txt";

/// A test that does not end by then has not passed either.
const PATIENCE: Duration = Duration::from_secs(120);

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Check {
    attack: String,
    name: String,
    package: String,
    test: String,
}

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    /// There is no test of this name, or more than one.
    NotOne,
    TimedOut,
}

/// Turns off every check of the list, or those whose name begins with `only`.
pub(crate) fn run_all(only: Option<&str>) -> Result<(), Failure> {
    let path = root().join(LIST);
    let text = fs::read_to_string(&path);
    let text = text.map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    let mut checks = parse(&text)?;
    checks.retain(|check| only.is_none_or(|only| check.name.starts_with(only)));
    if checks.is_empty() {
        return Err(Failure::new(format!("{LIST} has no such check")));
    }
    let binaries = build(&checks)?;
    let mut problems = Vec::new();
    for (package, test) in tests(&checks) {
        let outcome = run(&binaries, package, test, None)?;
        if outcome != Outcome::Passed {
            problems.push(format!("{test} with every check on: {outcome:?}"));
        }
    }
    if !problems.is_empty() {
        return Err(Failure::new(problems.join("\n")));
    }
    for check in &checks {
        let outcome = run(&binaries, &check.package, &check.test, Some(&check.name))?;
        let noticed = matches!(outcome, Outcome::Failed | Outcome::TimedOut);
        let verdict = if noticed { "noticed" } else { "SURVIVES" };
        let Check {
            attack, name, test, ..
        } = check;
        println!("{verdict:8} {attack:>2} {name:32} {test}");
        if !noticed {
            problems.push(name.clone());
        }
    }
    println!(
        "{} of {} checks noticed",
        checks.len() - problems.len(),
        checks.len()
    );
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "not noticed: {}",
            problems.join(", ")
        ))),
    }
}

/// Reads the list: four words a line.
fn parse(text: &str) -> Result<Vec<Check>, Failure> {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let check = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [attack, name, package, test] = words[..] else {
            return Err(Failure::new(format!("{LIST}: not four words: {line:?}")));
        };
        Ok(Check {
            attack: attack.to_owned(),
            name: name.to_owned(),
            package: package.to_owned(),
            test: test.to_owned(),
        })
    };
    lines.map(check).collect()
}

/// The tests of the checks, each once.
fn tests(checks: &[Check]) -> BTreeSet<(&str, &str)> {
    let pairs = checks.iter();
    pairs
        .map(|check| (check.package.as_str(), check.test.as_str()))
        .collect()
}

/// The programs of the tests of a crate: of its modules, and of each file in its folder `tests`.
struct Binaries {
    package: String,
    programs: Vec<PathBuf>,
}

/// Compiles the tests, the crates of this workspace with the flag, into a folder of their own: no
/// program of another build has it.
fn build(checks: &[Check]) -> Result<Vec<Binaries>, Failure> {
    let packages: BTreeSet<&str> = checks.iter().map(|check| check.package.as_str()).collect();
    let mut found = Vec::new();
    for package in packages {
        let mut command = cargo();
        command.args(["test", "--no-run", "--all-features", "--lib", "--tests"]);
        command.args([
            "--package",
            package,
            "--message-format",
            "json-render-diagnostics",
        ]);
        command.env("CARGO_TARGET_DIR", target_directory().join("mutate"));
        wrapper::add_flag(&mut command, "grantor_mutate")?;
        let output = command
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output();
        let output =
            output.map_err(|error| Failure::new(format!("cannot start cargo: {error}")))?;
        if !output.status.success() {
            return Err(Failure::new(format!(
                "cargo test --package {package}: {}",
                output.status
            )));
        }
        let messages = String::from_utf8_lossy(&output.stdout);
        let programs: Vec<PathBuf> = messages.lines().filter_map(program).collect();
        found.push(Binaries {
            package: package.to_owned(),
            programs,
        });
    }
    Ok(found)
}

/// The program that a message of cargo is about, if it is one of tests.
fn program(message: &str) -> Option<PathBuf> {
    if !message.contains("\"test\":true") {
        return None;
    }
    let (_, rest) = message.split_once("\"executable\":\"")?;
    let (path, _) = rest.split_once('"')?;
    Some(PathBuf::from(path))
}

/// Runs one test, with one check turned off or none. One program of its crate has it.
fn run(
    binaries: &[Binaries],
    package: &str,
    test: &str,
    off: Option<&str>,
) -> Result<Outcome, Failure> {
    let binaries = binaries.iter().find(|one| one.package == package);
    let binaries = binaries.ok_or_else(|| Failure::new(format!("{package} is not built")))?;
    for program in &binaries.programs {
        let mut command = Command::new(program);
        command
            .args(["--exact", test])
            .current_dir(folder(package))
            .env_remove(VARIABLE);
        if let Some(name) = off {
            command.env(VARIABLE, name);
        }
        command.stdin(Stdio::null()).stderr(Stdio::null());
        let output = env::temp_dir().join(format!("grantor-mutate-{}", std::process::id()));
        let outcome = run_within(&mut command, &output);
        // It may not be there if the program could not be started.
        let _ = fs::remove_file(&output);
        match outcome? {
            Outcome::NotOne => {}
            outcome => return Ok(outcome),
        }
    }
    Ok(Outcome::NotOne)
}

/// Where cargo runs the tests of a crate.
fn folder(package: &str) -> PathBuf {
    root().join("crates").join(package)
}

fn run_within(command: &mut Command, output: &Path) -> Result<Outcome, Failure> {
    let failed = |error| Failure::new(format!("cannot run a test: {error}"));
    let file = fs::File::create(output).map_err(failed)?;
    let mut child = command.stdout(file).spawn().map_err(failed)?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().map_err(failed)?;
            child.wait().map_err(failed)?;
            return Ok(Outcome::TimedOut);
        }
        thread::sleep(Duration::from_millis(5));
    };
    let text = fs::read_to_string(output).map_err(failed)?;
    Ok(outcome(&text, status.success()))
}

/// What the output of a program of tests says of the one test that was to run.
fn outcome(text: &str, success: bool) -> Outcome {
    match (text.contains("running 1 test\n"), success) {
        (true, true) => Outcome::Passed,
        (true, false) => Outcome::Failed,
        (false, _) => Outcome::NotOne,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_four_words_and_each_test_runs_once_without_a_mutation() {
        let list = "# of which\n\n3 code.client  server codes::a\n4 pkce.proof server codes::a\n";
        let checks = parse(list).unwrap();
        let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
        assert_eq!(names, ["code.client", "pkce.proof"]);
        let once = tests(&checks);
        assert_eq!(
            once.into_iter().collect::<Vec<_>>(),
            [("server", "codes::a")]
        );
        assert!(parse("3 code.client server\n").is_err());
    }

    #[test]
    fn only_programs_of_tests_are_run() {
        let message = r#"{"target":{"name":"it","test":true},"executable":"/a/it-1","fresh":true}"#;
        assert_eq!(program(message), Some(PathBuf::from("/a/it-1")));
        assert_eq!(program(&message.replace("\"/a/it-1\"", "null")), None);
        assert_eq!(program(&message.replace("true}", "false}")), None);
    }

    #[test]
    fn a_test_that_is_not_there_has_not_failed() {
        assert_eq!(outcome("\nrunning 1 test\n", true), Outcome::Passed);
        assert_eq!(outcome("\nrunning 1 test\n", false), Outcome::Failed);
        assert_eq!(outcome("\nrunning 0 tests\n", true), Outcome::NotOne);
    }
}
