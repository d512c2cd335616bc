//! A test that kills a process can't show this, since the page cache survives the process: that the
//! write was on its way to the disk before it was acknowledged.

use std::fs;
use std::process::{Command, Stdio};

use crate::processes;

/// The system calls between the beginning of a put and its acknowledgement; none, with the reason
/// printed, if this machine can't tell.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn calls_of_a_put(role: &str) -> Option<Vec<String>> {
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("trace");
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-e", "trace=write,pwrite64,fdatasync,fsync", "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap());
    processes::arguments(&mut strace, role, &directory.path().join("grantor.db"));
    let output = match strace.stderr(Stdio::piped()).output() {
        Ok(output) => output,
        Err(error) => {
            println!("skipped: strace can't be started: {error}");
            return None;
        }
    };
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        assert!(reason.contains("ptrace"), "{reason}");
        println!("skipped: {}", reason.trim());
        return None;
    }
    let trace = fs::read_to_string(&trace).unwrap();
    let calls = trace
        .lines()
        .skip_while(|call| !call.contains("before the put"))
        .skip(1)
        .take_while(|call| !call.contains("acknowledged"))
        .map(str::to_owned)
        .collect();
    assert!(trace.contains("acknowledged"));
    Some(calls)
}

fn position(calls: &[String], names: &[&str]) -> Option<usize> {
    let is_one = |call: &String| names.iter().any(|name| call.contains(name));
    calls.iter().rposition(is_one)
}

#[test]
fn a_put_is_acknowledged_after_it_was_synced() {
    let Some(calls) = calls_of_a_put("one put") else {
        return;
    };
    let written = position(&calls, &["pwrite64("]).expect("a write to the log");
    let synced = position(&calls, &["fdatasync(", "fsync("]).expect("a sync");
    assert!(written < synced, "{calls:#?}");
}

#[test]
fn a_weaker_put_is_not_synced() {
    let Some(calls) = calls_of_a_put("one weaker put") else {
        return;
    };
    assert!(position(&calls, &["pwrite64("]).is_some(), "{calls:#?}");
    let synced = position(&calls, &["fdatasync(", "fsync("]);
    assert_eq!(synced, None, "{calls:#?}");
}
