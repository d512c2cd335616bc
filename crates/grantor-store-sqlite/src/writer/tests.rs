use grantor_store::{Expect, Key, Put, PutOutcome, Version};
use oneshot::Receiver;

use super::*;
use crate::schema::migrate;

type Answer<T> = Receiver<Result<T, Error>>;

fn batches() -> Batches {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, "memory".as_ref()).unwrap();
    Batches {
        connection,
        now: Arc::new(AtomicI64::new(NEVER_TOLD)),
        max_clock_skew: Duration::ZERO,
        swept_up_to: 0,
    }
}

fn job<T: Send + 'static>(
    work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
) -> (Box<dyn Job>, Answer<T>) {
    let (reply, answer) = oneshot::channel();
    (Box::new(Task::new(work, reply)), answer)
}

fn creation(key: &'static str, version: u8) -> (Box<dyn Job>, Answer<PutOutcome>) {
    let put = Put {
        key: Key::from_bytes(key.as_bytes()).unwrap(),
        value: key.into(),
        version: Version([version; 16]),
        expires_at: None,
        expect: Expect::Absent,
    };
    job(move |connection| rows::put(connection, &put))
}

fn run(batches: &mut Batches, mut batch: Vec<Box<dyn Job>>) {
    let ended = batches.commit(&mut batch);
    for job in batch {
        job.answer(&ended);
    }
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
    assert_eq!(a.try_recv().unwrap().unwrap(), PutOutcome::Stored);
    assert_eq!(b.try_recv().unwrap().unwrap(), PutOutcome::Conflict);
    assert_eq!(c.try_recv().unwrap().unwrap(), PutOutcome::Stored);
    assert_eq!(count(&batches), 2);
}

#[test]
fn a_failed_statement_leaves_its_neighbours_in_the_batch_alone() {
    let mut batches = batches();
    let (first, mut a) = creation("a", 1);
    let (failing, mut b) = job(|connection| connection.execute("INSERT INTO nothing", []));
    run(&mut batches, vec![first, failing]);
    assert_eq!(a.try_recv().unwrap().unwrap(), PutOutcome::Stored);
    assert_eq!(b.try_recv().unwrap().unwrap_err().applied(), Applied::No);
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
        let error = answer.try_recv().unwrap().unwrap_err();
        assert_eq!(error.applied(), Applied::No);
    }
    assert_eq!(count(&batches), 0);
}

#[test]
fn after_a_failed_commit_nobody_knows_and_the_next_batch_works() {
    let mut batches = batches();
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
    let (first, mut a) = creation("a", 1);
    // An orphan is found at the commit only.
    let (orphan, mut b) =
        job(|connection| connection.execute("INSERT INTO children VALUES (1)", []));
    run(&mut batches, vec![first, orphan]);
    assert_eq!(
        a.try_recv().unwrap().unwrap_err().applied(),
        Applied::Unknown
    );
    assert_eq!(
        b.try_recv().unwrap().unwrap_err().applied(),
        Applied::Unknown
    );

    let (again, mut c) = creation("a", 1);
    run(&mut batches, vec![again]);
    assert_eq!(c.try_recv().unwrap().unwrap(), PutOutcome::Stored);
    assert_eq!(count(&batches), 1);
}
