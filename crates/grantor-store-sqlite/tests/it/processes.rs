//! Processes on one file: this program starts itself again, and the environment names its role.

use std::env;
use std::io::{BufRead, BufReader, Read, Write, stdout};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;

use grantor_jose::base64url;
use grantor_jose::seal::Context;
use grantor_store::{Expect, Key, MasterKey, Namespace, PutOutcome, Store};
use grantor_store_sqlite::{SqliteOptions, SqliteStore};

use crate::names::write_back_up_and_restore;
use crate::{block_on, creation, value_of};

const ROLE: &str = "GRANTOR_TEST_ROLE";
const DATABASE: &str = "GRANTOR_TEST_DATABASE";
const ROUND: &str = "GRANTOR_TEST_ROUND";

/// The command that plays `role` on `database`.
pub(crate) fn command(role: &str, database: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    arguments(&mut command, role, database);
    command
}

pub(crate) fn arguments(command: &mut Command, role: &str, database: &Path) {
    command
        .args(["--exact", "processes::plays_its_role", "--nocapture"])
        .env(ROLE, role)
        .env(DATABASE, database)
        .stdout(Stdio::piped());
}

/// Plays the role of a child process; without a role the test does nothing.
#[test]
fn plays_its_role() {
    let Ok(role) = env::var(ROLE) else { return };
    let database = env::var(DATABASE).unwrap();
    let open = || SqliteStore::open(&database).unwrap();
    match &role[..] {
        "create" => create(&open()),
        "increment" => increment(&open()),
        "write for ever" => write_for_ever(&open()),
        "master key" => show_seal(open(), Path::new(&database)),
        "one put" => one_put(&open()),
        "one weaker put" => {
            let options = SqliteOptions::default().danger_may_lose_last_commits();
            one_put(&options.open(&database).unwrap());
        }
        "strange names" => write_back_up_and_restore(&database),
        other => panic!("no such role: {other}"),
    }
}

/// A line of its own, in one write.
fn say(line: &str) {
    stdout()
        .write_all(format!("\n> {line}\n").as_bytes())
        .unwrap();
    stdout().flush().unwrap();
}

fn said(output: &str) -> Vec<String> {
    let lines = output.lines().filter_map(|line| line.strip_prefix("> "));
    lines.map(str::to_owned).collect()
}

fn all_say(children: Vec<Child>) -> Vec<String> {
    children
        .into_iter()
        .flat_map(|child| {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success());
            said(&String::from_utf8(output.stdout).unwrap())
        })
        .collect()
}

fn start(role: &str, database: &Path, count: usize) -> Vec<Child> {
    (0..count)
        .map(|_| command(role, database).spawn().unwrap())
        .collect()
}

fn create(store: &SqliteStore) {
    for number in 0..100 {
        let put = creation(&format!("{number}"));
        if block_on(store.put(&put)).unwrap() == PutOutcome::Stored {
            say(&number.to_string());
        }
    }
}

#[test]
fn one_process_wins_each_creation() {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("grantor.db");
    let mut won = all_say(start("create", &database, 4));
    won.sort_by_key(|number| number.parse::<u32>().unwrap());
    let each_once: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(won, each_once);
}

fn increment(store: &SqliteStore) {
    let key = Key::from_bytes(b"sum").unwrap();
    let mut added = 0;
    while added < 25 {
        let found = block_on(store.get(&key)).unwrap().unwrap();
        let mut put = creation("sum");
        put.value = [&found.value[..], b"x"].concat().into();
        put.expect = Expect::Version(found.version);
        added += u32::from(block_on(store.put(&put)).unwrap() == PutOutcome::Stored);
    }
}

#[test]
fn no_increment_of_four_processes_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("grantor.db");
    let store = SqliteStore::open(&database).unwrap();
    block_on(store.put(&creation("sum"))).map(drop).unwrap();
    all_say(start("increment", &database, 4));
    assert_eq!(value_of(&store, "sum").unwrap().len(), "sum".len() + 4 * 25);
}

fn write_for_ever(store: &SqliteStore) {
    let round = env::var(ROUND).unwrap();
    thread::scope(|scope| {
        for writer in 0..4 {
            let round = &round;
            scope.spawn(move || {
                for number in 0.. {
                    let key = format!("{round} {writer} {number}");
                    let outcome = block_on(store.put(&creation(&key))).unwrap();
                    assert_eq!(outcome, PutOutcome::Stored);
                    say(&key);
                }
            });
        }
    });
}

#[test]
fn nothing_acknowledged_is_lost_when_a_process_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("grantor.db");
    for round in 0..50 {
        let mut child = command("write for ever", &database)
            .env(ROUND, round.to_string())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        // Killed at another point each time.
        while said(&text).len() <= round {
            assert_ne!(
                output.read_line(&mut text).unwrap(),
                0,
                "it ended by itself"
            );
        }
        child.kill().unwrap();
        child.wait().unwrap();
        output.read_to_string(&mut text).unwrap();

        let store = SqliteStore::open(&database).unwrap();
        let complete = text.rfind('\n').map_or("", |end| &text[..end]);
        for key in said(complete) {
            assert_eq!(value_of(&store, &key).unwrap(), key);
        }
    }
}

fn show_seal(store: SqliteStore, database: &Path) {
    let store: Arc<dyn Store> = Arc::new(store);
    let namespace = Namespace::new("https://issuer.example");
    let data = database.with_file_name("data");
    let environment = grantor_http::system();
    let key = block_on(MasterKey::open(&data, &store, namespace, &environment));
    let context = Context {
        kind: b"",
        key: b"",
        version: &[0; 16],
    };
    let seal = key.unwrap().sealing_key().seal(&context, b"");
    say(&base64url::encode(seal.unwrap()));
}

#[test]
fn processes_that_start_together_agree_on_the_master_key() {
    for _ in 0..5 {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("grantor.db");
        let seals = all_say(start("master key", &database, 4));
        assert_eq!(seals.len(), 4);
        assert!(seals.iter().all(|seal| *seal == seals[0]), "{seals:?}");
    }
}

fn one_put(store: &SqliteStore) {
    say("before the put");
    block_on(store.put(&creation("a"))).map(drop).unwrap();
    say("acknowledged");
}
