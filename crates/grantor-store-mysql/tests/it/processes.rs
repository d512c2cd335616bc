//! Processes on one database: this program starts itself again, and the environment names its role.

use std::env;
use std::io::{Write, stdout};
use std::process::{Child, Command, Stdio};

use grantor_store::{Expect, Key, PutOutcome, Store};
use grantor_store_mysql::MysqlStore;
use grantor_testservers::MariaDb;

use crate::{block_on, creation, runtime, value_of};

const ROLE: &str = "GRANTOR_TEST_ROLE";
const DATABASE: &str = "GRANTOR_TEST_DATABASE";

/// Plays the role of a child process; without a role the test does nothing.
#[test]
fn plays_its_role() {
    let Ok(role) = env::var(ROLE) else { return };
    let url = env::var(DATABASE).unwrap();
    block_on(&runtime(), async {
        let store = MysqlStore::open(&url).await.unwrap();
        match &role[..] {
            "create" => create(&store).await,
            "increment" => increment(&store).await,
            other => panic!("no such role: {other}"),
        }
    });
}

fn start(role: &str, url: &str, count: usize) -> Vec<Child> {
    let one = |_| {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", "processes::plays_its_role", "--nocapture"])
            .env(ROLE, role)
            .env(DATABASE, url)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    (0..count).map(one).collect()
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

async fn create(store: &MysqlStore) {
    for number in 0..100 {
        let put = creation(&format!("{number}"));
        if store.put(&put).await.unwrap() == PutOutcome::Stored {
            let line = format!("\n> {number}\n");
            stdout().write_all(line.as_bytes()).unwrap();
        }
    }
}

async fn increment(store: &MysqlStore) {
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

/// The tables are not there yet when the processes start.
#[test]
fn one_process_wins_each_creation_and_no_increment_is_lost() {
    let server = MariaDb::start().unwrap();
    let mut won = all_say(start("create", &server.url(), 4));
    won.sort_by_key(|number| number.parse::<u32>().unwrap());
    let each_once: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(won, each_once);

    block_on(&runtime(), async {
        let store = MysqlStore::open(&server.url()).await.unwrap();
        store.put(&creation("sum")).await.map(drop).unwrap();
        all_say(start("increment", &server.url(), 4));
        let sum = value_of(&store, "sum").await.unwrap();
        assert_eq!(sum.len(), "sum".len() + 4 * 25);
    });
}
