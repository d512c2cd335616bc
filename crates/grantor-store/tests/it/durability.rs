//! A test that kills a process can't show this, since the page cache survives the process: that
//! file and folder were on their way to the disk before a put was acknowledged.

use std::fs;
use std::process::{Command, Stdio};

use crate::processes;

/// The system calls between the beginning of a put and its acknowledgement; none, with the reason
/// printed, if this machine can't tell.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn calls_of_a_put() -> Option<Vec<String>> {
    let home = tempfile::tempdir().unwrap();
    let trace = home.path().join("trace");
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-e", "trace=write,fsync,renameat,renameat2", "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap());
    processes::arguments(&mut strace, "one put", &home.path().join("tokens"));
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
    assert!(trace.contains("acknowledged"));
    let calls = trace
        .lines()
        .skip_while(|call| !call.contains("before the put"))
        .skip(1)
        .take_while(|call| !call.contains("acknowledged"));
    let finished = calls.filter(|call| !call.contains("unfinished"));
    Some(finished.map(str::to_owned).collect())
}

#[test]
fn a_put_is_acknowledged_after_file_and_folder_were_synced() {
    let Some(calls) = calls_of_a_put() else {
        return;
    };
    let names = calls.iter().filter_map(|call| {
        let names = ["write(", "fsync", "renameat"];
        names.into_iter().find(|name| call.contains(name))
    });
    let names: Vec<_> = names.collect();
    assert_eq!(
        names,
        ["write(", "fsync", "renameat", "fsync"],
        "{calls:#?}"
    );
}
