//! The tables, and how older ones become them.

use grantor_core::Timestamp;
use grantor_store::{Applied, Error};
use mysql_async::Error as Failure;

use crate::connection::Connection;
use crate::error::{code, not_opened};
use crate::rows::number;
use crate::shape;

/// Each step makes version n+1 of the tables from version n. The database commits each statement by
/// itself, so a step must be fit to run again after a half of it.
///
/// Keys are bytes: a collation would take two of them for one. `sweep_at` is when the sweep looks at a
/// record next, and is never later than `expires_at`. It has an index, so that a thousand dead records
/// are found in a thousand rows. A put that moves the expiry later leaves it alone, and so writes to no
/// index.
const STEPS: [&[&str]; 1] = [&[
    "CREATE TABLE IF NOT EXISTS grantor_records (
        record_key VARBINARY(64) NOT NULL PRIMARY KEY,
        version VARBINARY(16) NOT NULL,
        expires_at BIGINT NULL,
        sweep_at BIGINT NULL,
        value MEDIUMBLOB NOT NULL,
        KEY grantor_records_sweep_at (sweep_at)
    ) ENGINE = InnoDB ROW_FORMAT = DYNAMIC",
    "CREATE TABLE IF NOT EXISTS grantor_counts (
        count_key VARBINARY(64) NOT NULL,
        window_length BIGINT NOT NULL,
        starts_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        total BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (count_key, window_length, starts_at),
        KEY grantor_counts_ends_at (ends_at)
    ) ENGINE = InnoDB ROW_FORMAT = DYNAMIC",
    "CREATE TABLE IF NOT EXISTS grantor_times (
        name VARBINARY(32) NOT NULL PRIMARY KEY,
        millis BIGINT NOT NULL
    ) ENGINE = InnoDB ROW_FORMAT = DYNAMIC",
]];

/// Held while tables are made. Names of locks are of the whole server, so it has the database's.
const LOCK: &str = "SELECT GET_LOCK(CONCAT('grantor ', MD5(DATABASE())), 10)";
const UNLOCK: &str = "SELECT RELEASE_LOCK(CONCAT('grantor ', MD5(DATABASE())))";
/// "Not supported yet": what a node of a Galera cluster answers to the lock. There the statements
/// that make tables run one after the other on all nodes anyway.
const NO_LOCKS: u16 = 1235;

/// Makes what is missing. Safe to run again, and by several processes at once.
pub(crate) async fn migrate(connection: &mut Connection) -> Result<(), Error> {
    let version = found(connection)
        .await
        .map_err(|error| not_opened(&error))?;
    if is_current(version)? {
        return shape::check(connection).await;
    }
    match connection.text(LOCK).await {
        Ok(rows) if rows.first().and_then(number) == Some(1) => {}
        Ok(_) => {
            return Err(Error::unavailable(
                "another process has been making the tables in MySQL for ten seconds",
                Applied::No,
            ));
        }
        Err(error) if code(&error) == Some(NO_LOCKS) => {}
        Err(error) => return Err(not_opened(&error)),
    }
    let made = make(connection).await;
    // A connection that fails here is closed, and its lock with it.
    let _ = connection.text(UNLOCK).await;
    is_current(made?).map(drop)
}

/// Reads the newest time that a store here was given and believed.
pub(crate) async fn newest(connection: &mut Connection) -> Result<Option<Timestamp>, Error> {
    let newest = "SELECT millis FROM grantor_times WHERE name = 'newest'";
    let rows = connection.text(newest).await;
    let rows = rows.map_err(|error| not_opened(&error))?;
    Ok(rows.first().and_then(number).map(Timestamp::from_millis))
}

fn current() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

fn is_current(version: i64) -> Result<bool, Error> {
    if version > current() {
        return Err(Error::newer(format!(
            "the tables in MySQL have version {version}, and this program knows {}: use the newer \
             program",
            current()
        )));
    }
    Ok(version == current())
}

/// The version of the tables that are there; 0 if there are none.
async fn found(connection: &mut Connection) -> Result<i64, Failure> {
    let known = "SELECT COUNT(*) FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_name = 'grantor_schema'";
    let rows = connection.text(known).await?;
    if rows.first().and_then(number) != Some(1) {
        return Ok(0);
    }
    let newest = "SELECT COALESCE(MAX(version), 0) FROM grantor_schema";
    let rows = connection.text(newest).await?;
    Ok(rows.first().and_then(number).unwrap_or(0))
}

async fn make(connection: &mut Connection) -> Result<i64, Error> {
    let failed = |error: Failure| not_opened(&error);
    // Another process may have made them meanwhile.
    let mut version = found(connection).await.map_err(failed)?;
    let table = "CREATE TABLE IF NOT EXISTS grantor_schema (version INT NOT NULL PRIMARY KEY)
        ENGINE = InnoDB";
    connection.text(table).await.map_err(failed)?;
    let done = usize::try_from(version).unwrap_or(0);
    for step in STEPS.iter().skip(done) {
        for statement in *step {
            connection.text(statement).await.map_err(failed)?;
        }
        version += 1;
        // Before the version is written: a table of somebody else stays where it is, and the step
        // runs again once it is gone.
        if version == current() {
            shape::check(connection).await?;
        }
        let insert = format!("INSERT INTO grantor_schema (version) VALUES ({version})");
        match connection.text(&insert).await {
            // Without locks another process may be as far.
            Err(error) if code(&error) == Some(1062) => {}
            other => drop(other.map_err(failed)?),
        }
    }
    Ok(version)
}
