//! Processes on one database.

use grantor_store_postgres::PostgresStore;
use grantor_testservers::Postgres;
use grantor_testservers::store_processes::{play_role, race};

#[test]
fn plays_its_role() {
    play_role(PostgresStore::open);
}

/// The tables are not there yet when the processes start.
#[test]
fn one_process_wins_each_creation_and_no_increment_is_lost() {
    let server = Postgres::start().unwrap();
    race(&server.url(), PostgresStore::open);
}
