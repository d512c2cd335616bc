//! Batches of writes, of which some fail.

use futures_channel::oneshot::{self, Receiver};
use grantor_store::{Applied, Expect, Key, Moment, Put, PutOutcome, Version};

use super::*;
use crate::schema::migrate;

/// The outcome, and how long the writer had the transaction.
type Answer<T> = Receiver<Result<(T, Duration), Error>>;

fn batches() -> Batches {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, "memory".as_ref()).unwrap();
    Batches::new(connection, Arc::new(SweepClock::new(None)), Duration::ZERO)
}

fn job<T: Send + 'static>(
    work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
) -> (Box<dyn Write>, Answer<T>) {
    let (reply, answer) = oneshot::channel();
    (Box::new(Task::new(work, reply)), answer)
}

fn creation(key: &'static str, version: u8) -> (Box<dyn Write>, Answer<PutOutcome>) {
    let put = Put {
        key: Key::from_bytes(key.as_bytes()).unwrap(),
        value: key.into(),
        version: Version([version; 16]),
        expires_at: None,
        expect: Expect::Absent,
    };
    job(move |connection| rows::put(connection, &put))
}

fn run(batches: &mut Batches, mut batch: Vec<Box<dyn Write>>) {
    batches.write(&mut batch);
}

fn count(batches: &Batches) -> i64 {
    let count = "SELECT count(*) FROM records";
    let row = batches.connection.query_row(count, [], |row| row.get(0));
    row.unwrap()
}

#[test]
fn a_conflict_leaves_its_neighbours_in_the_batch_alone() {
    let mut batches = batches();
    let (first, mut a) = creation("a", 1);
    let (conflict, mut b) = creation("a", 2);
    let (last, mut c) = creation("c", 3);
    run(&mut batches, vec![first, conflict, last]);
    assert_eq!(
        a.try_recv().unwrap().unwrap().unwrap().0,
        PutOutcome::Stored
    );
    assert_eq!(
        b.try_recv().unwrap().unwrap().unwrap().0,
        PutOutcome::Conflict
    );
    assert_eq!(
        c.try_recv().unwrap().unwrap().unwrap().0,
        PutOutcome::Stored
    );
    assert_eq!(count(&batches), 2);
}

#[test]
fn a_failed_statement_leaves_its_neighbours_in_the_batch_alone() {
    let mut batches = batches();
    let (first, mut a) = creation("a", 1);
    let (failing, mut b) = job(|connection| connection.execute("INSERT INTO nothing", []));
    run(&mut batches, vec![first, failing]);
    assert_eq!(
        a.try_recv().unwrap().unwrap().unwrap().0,
        PutOutcome::Stored
    );
    assert_eq!(
        b.try_recv().unwrap().unwrap().unwrap_err().applied(),
        Applied::No
    );
    assert_eq!(count(&batches), 1);
}

#[test]
fn a_batch_that_was_rolled_back_was_not_applied() {
    let mut batches = batches();
    let (first, mut a) = creation("a", 1);
    // As SQLite does itself when the disk is full.
    let (failing, _b) = job(|connection| connection.execute_batch("ROLLBACK"));
    let (last, mut c) = creation("c", 3);
    run(&mut batches, vec![first, failing, last]);
    for answer in [&mut a, &mut c] {
        let error = answer.try_recv().unwrap().unwrap().unwrap_err();
        assert_eq!(error.applied(), Applied::No);
    }
    assert_eq!(count(&batches), 0);
}

#[test]
fn after_a_failed_commit_nobody_knows_and_the_next_batch_works() {
    let mut batches = batches();
    let (first, mut a) = creation("a", 1);
    let (orphan, mut b) = failing_at_commit(&batches);
    run(&mut batches, vec![first, orphan]);
    assert_eq!(
        a.try_recv().unwrap().unwrap().unwrap_err().applied(),
        Applied::Unknown
    );
    assert_eq!(
        b.try_recv().unwrap().unwrap().unwrap_err().applied(),
        Applied::Unknown
    );

    let (again, mut c) = creation("a", 1);
    run(&mut batches, vec![again]);
    assert_eq!(
        c.try_recv().unwrap().unwrap().unwrap().0,
        PutOutcome::Stored
    );
    assert_eq!(count(&batches), 1);
}

#[test]
fn the_newest_time_is_saved_with_what_is_written_and_again_after_a_failure() {
    let mut batches = batches();
    let tell = |batches: &Batches, seconds: i64| {
        batches.clock.observe(Moment {
            now: Timestamp::from_secs(seconds),
            elapsed: Duration::from_secs(seconds.unsigned_abs()),
        });
    };
    let saved = |batches: &Batches| times::newest(&batches.connection).unwrap();
    tell(&batches, 1000);
    let (orphan, _answer) = failing_at_commit(&batches);
    run(&mut batches, vec![orphan]);
    assert_eq!(saved(&batches), None);
    run(&mut batches, vec![creation("a", 1).0]);
    assert_eq!(saved(&batches), Some(Timestamp::from_secs(1000)));
    tell(&batches, 1299);
    run(&mut batches, vec![creation("b", 1).0]);
    assert_eq!(saved(&batches), Some(Timestamp::from_secs(1000)));
    tell(&batches, 1300);
    run(&mut batches, vec![creation("c", 1).0]);
    assert_eq!(saved(&batches), Some(Timestamp::from_secs(1300)));
}

/// A write that fails only when the transaction commits.
fn failing_at_commit(batches: &Batches) -> (Box<dyn Write>, Answer<usize>) {
    batches
        .connection
        .execute_batch(
            "PRAGMA foreign_keys = ON;
             CREATE TABLE parents (id INTEGER PRIMARY KEY);
             CREATE TABLE children (
                 parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED
             );",
        )
        .unwrap();
    // An orphan is found at the commit only.
    job(|connection| connection.execute("INSERT INTO children VALUES (1)", []))
}
