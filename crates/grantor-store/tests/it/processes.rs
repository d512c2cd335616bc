//! Processes on one folder: this program starts itself again, and the environment names its role.

use std::env;
use std::io::{BufRead, BufReader, Read, Write, stdout};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use grantor_store::{Expect, FileStore, PutOutcome, Store};
use tempfile::tempdir;

use crate::files::{block_on, creation, key, value_of};

const ROLE: &str = "GRANTOR_TEST_ROLE";
const FOLDER: &str = "GRANTOR_TEST_FOLDER";
const ROUND: &str = "GRANTOR_TEST_ROUND";

/// The command that plays `role` on `folder`.
fn command(role: &str, folder: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    arguments(&mut command, role, folder);
    command
}

pub(crate) fn arguments(command: &mut Command, role: &str, folder: &Path) {
    command
        .args(["--exact", "processes::plays_its_role", "--nocapture"])
        .env(ROLE, role)
        .env(FOLDER, folder)
        .stdout(Stdio::piped());
}

/// Plays the role of a child process; without a role the test does nothing.
#[test]
fn plays_its_role() {
    let Ok(role) = env::var(ROLE) else { return };
    let store = FileStore::open(env::var(FOLDER).unwrap()).unwrap();
    match &role[..] {
        "create" => create(&store),
        "increment" => increment(&store),
        "write for ever" => write_for_ever(&store),
        "one put" => one_put(&store),
        other => panic!("no such role: {other}"),
    }
}

/// A line of its own, in one write.
fn say(line: &str) {
    let line = format!("\n> {line}\n");
    stdout().write_all(line.as_bytes()).unwrap();
    stdout().flush().unwrap();
}

fn said(output: &str) -> Vec<String> {
    let lines = output.lines().filter_map(|line| line.strip_prefix("> "));
    lines.map(str::to_owned).collect()
}

fn all_say(role: &str, folder: &Path) -> Vec<String> {
    let start = |_| command(role, folder).spawn().unwrap();
    let children: Vec<Child> = (0..4).map(start).collect();
    let outputs = children.into_iter().flat_map(|child| {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        said(&String::from_utf8(output.stdout).unwrap())
    });
    outputs.collect()
}

fn create(store: &FileStore) {
    for number in 0..50 {
        if block_on(store.put(&creation(&number.to_string()))).unwrap() == PutOutcome::Stored {
            say(&number.to_string());
        }
    }
}

#[test]
fn one_process_wins_each_creation() {
    let home = tempdir().unwrap();
    let mut won = all_say("create", &home.path().join("tokens"));
    won.sort_by_key(|number| number.parse::<u32>().unwrap());
    let each_once: Vec<_> = (0..50).map(|number| number.to_string()).collect();
    assert_eq!(won, each_once);
}

fn increment(store: &FileStore) {
    let mut added = 0;
    while added < 25 {
        let found = block_on(store.get(&key("sum"))).unwrap().unwrap();
        let mut put = creation("sum");
        put.value = [&found.value[..], b"x"].concat().into();
        put.expect = Expect::Version(found.version);
        added += u32::from(block_on(store.put(&put)).unwrap() == PutOutcome::Stored);
    }
}

#[test]
fn no_increment_of_four_processes_is_lost() {
    let home = tempdir().unwrap();
    let folder = home.path().join("tokens");
    let store = FileStore::open(&folder).unwrap();
    block_on(store.put(&creation("sum"))).map(drop).unwrap();
    all_say("increment", &folder);
    assert_eq!(value_of(&store, "sum").unwrap().len(), "sum".len() + 4 * 25);
}

fn write_for_ever(store: &FileStore) {
    let round = env::var(ROUND).unwrap();
    thread::scope(|scope| {
        for writer in 0..4 {
            let round = &round;
            scope.spawn(move || {
                for number in 0.. {
                    let name = format!("{round} {writer} {number}");
                    let outcome = block_on(store.put(&creation(&name))).unwrap();
                    assert_eq!(outcome, PutOutcome::Stored);
                    say(&name);
                }
            });
        }
    });
}

#[test]
fn nothing_acknowledged_is_lost_when_a_process_is_killed() {
    let home = tempdir().unwrap();
    let folder = home.path().join("tokens");
    for round in 0..20 {
        let mut child = command("write for ever", &folder)
            .env(ROUND, round.to_string())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        // Killed at another point each time.
        while said(&text).len() <= round {
            let read = output.read_line(&mut text).unwrap();
            assert_ne!(read, 0, "it ended by itself");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        output.read_to_string(&mut text).unwrap();

        // The unfinished files of the killed process disturb nobody.
        let store = FileStore::open(&folder).unwrap();
        let complete = text.rfind('\n').map_or("", |end| &text[..end]);
        for name in said(complete) {
            assert_eq!(value_of(&store, &name).unwrap(), name);
        }
    }
}

fn one_put(store: &FileStore) {
    say("before the put");
    block_on(store.put(&creation("a"))).map(drop).unwrap();
    say("acknowledged");
}
