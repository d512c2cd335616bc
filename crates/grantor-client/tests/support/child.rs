//! Child processes: a test binary starts itself again, with its role in the environment,
//! and the two talk through pipes.

use std::env;
use std::io::{BufRead, BufReader, Lines, Write, stdout};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

/// A process that plays a role.
pub(crate) struct Child {
    process: std::process::Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Child {
    /// Starts the test `plays_its_role` of this binary, with these variables.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "plays_its_role", "--nocapture"])
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: process.stdin.take().unwrap(),
            output: BufReader::new(process.stdout.take().unwrap()).lines(),
            process,
        }
    }

    pub(crate) fn tell(&mut self, line: &str) {
        self.input
            .write_all(format!("{line}\n").as_bytes())
            .unwrap();
    }

    /// The next line of its output.
    pub(crate) fn hear(&mut self) -> String {
        let mut said = self.output.by_ref().map(Result::unwrap);
        let said = said.find_map(|line| line.strip_prefix("> ").map(str::to_owned));
        said.unwrap_or_else(|| panic!("the child has ended"))
    }

    /// Kills the child, as `kill -9`.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// The child says a line of its own, in one write.
pub(crate) fn say(line: &str) {
    let line = format!("\n> {line}\n");
    stdout().write_all(line.as_bytes()).unwrap();
    stdout().flush().unwrap();
}
