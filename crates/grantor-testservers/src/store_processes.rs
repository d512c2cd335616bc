//! Processes on one database: the program of a test starts itself again, and the environment names the
//! role of the new process.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::env;
use std::io::{Write, stdout};
use std::process::{Child, Command, Stdio};

use grantor_store::{Error, Expect, Key, PutOutcome, Store};

use crate::stores::{block_on, creation, runtime, value_of};

const ROLE: &str = "GRANTOR_TEST_ROLE";
const DATABASE: &str = "GRANTOR_TEST_DATABASE";
/// The path of the test that calls [`play_role`].
const TEST: &str = "processes::plays_its_role";

/// Plays the role of a child process on the store that `open` opens at a URL; without a role it does
/// nothing. The test `processes::plays_its_role` calls it.
///
/// # Panics
/// The store fails.
pub fn play_role<S: Store>(open: impl AsyncFnOnce(&str) -> Result<S, Error>) {
    let Ok(role) = env::var(ROLE) else { return };
    let url = env::var(DATABASE).unwrap();
    block_on(&runtime(), async {
        let store = open(&url).await.unwrap();
        match &role[..] {
            "create" => create(&store).await,
            "increment" => increment(&store).await,
            other => panic!("no such role: {other}"),
        }
    });
}

/// Four processes open an empty database at once and create the same records; then they add to the same
/// number.
///
/// # Panics
/// A creation has not one winner; an increment is lost.
pub fn race<S: Store>(url: &str, open: impl AsyncFnOnce(&str) -> Result<S, Error>) {
    let mut won = all_say(start("create", url));
    won.sort_by_key(|number| number.parse::<u32>().unwrap());
    let each_once: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(won, each_once);
    block_on(&runtime(), async {
        let store = open(url).await.unwrap();
        store.put(&creation("sum")).await.map(drop).unwrap();
        all_say(start("increment", url));
        let sum = value_of(&store, "sum").await.unwrap();
        assert_eq!(sum.len(), "sum".len() + 4 * 25);
    });
}

fn start(role: &str, url: &str) -> Vec<Child> {
    let one = |_| {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", TEST, "--nocapture"])
            .env(ROLE, role)
            .env(DATABASE, url)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    (0..4).map(one).collect()
}

fn all_say(children: Vec<Child>) -> Vec<String> {
    let said = children.into_iter().flat_map(|child| {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let output = String::from_utf8(output.stdout).unwrap();
        let lines = output.lines().filter_map(|line| line.strip_prefix("> "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    });
    said.collect()
}

async fn create(store: &impl Store) {
    for number in 0..100 {
        let put = creation(&format!("{number}"));
        if store.put(&put).await.unwrap() == PutOutcome::Stored {
            let line = format!("\n> {number}\n");
            stdout().write_all(line.as_bytes()).unwrap();
        }
    }
}

async fn increment(store: &impl Store) {
    let key = Key::from_bytes(b"sum").unwrap();
    let mut added = 0;
    while added < 25 {
        let found = store.get(&key).await.unwrap().unwrap();
        let mut put = creation("sum");
        put.value = [&found.value[..], b"x"].concat().into();
        put.expect = Expect::Version(found.version);
        added += u32::from(store.put(&put).await.unwrap() == PutOutcome::Stored);
    }
}
