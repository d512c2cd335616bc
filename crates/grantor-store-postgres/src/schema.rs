//! The tables, and how older ones become them.

use grantor_core::Timestamp;
use grantor_store::Error;
use tokio_postgres::Client;

use crate::error::not_opened;

/// Each step makes version n+1 of the tables from version n.
///
/// `sweep_at` is when the sweep looks at a record next, and is never later than `expires_at`. It has
/// an index, so that a thousand dead records are found in a thousand rows. A put that moves the
/// expiry later leaves it alone, changes no column of an index, and so writes to no index (a "HOT"
/// update). Values are sealed: compressing them would cost time and save nothing. Counts for limits
/// may be lost in a crash, and never wait for the disk.
const STEPS: [&str; 1] = ["
    CREATE TABLE grantor_records (
        key bytea PRIMARY KEY,
        version bytea NOT NULL,
        expires_at bigint,
        sweep_at bigint,
        value bytea NOT NULL
    ) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);
    ALTER TABLE grantor_records ALTER COLUMN value SET STORAGE EXTERNAL;
    CREATE INDEX grantor_records_sweep_at ON grantor_records (sweep_at)
        WHERE sweep_at IS NOT NULL;
    CREATE UNLOGGED TABLE grantor_counts (
        key bytea NOT NULL,
        length bigint NOT NULL,
        starts_at bigint NOT NULL,
        ends_at bigint NOT NULL,
        sum bigint NOT NULL,
        PRIMARY KEY (key, length, starts_at)
    );
    CREATE INDEX grantor_counts_ends_at ON grantor_counts (ends_at);
    CREATE TABLE grantor_times (name text PRIMARY KEY, millis bigint NOT NULL);
"];

/// Held while tables are made; an arbitrary number.
const LOCK: i64 = 0x6772_616e_746f_7201;

/// Makes what is missing. Safe to run again, and by several processes at once.
pub(crate) async fn migrate(client: &mut Client) -> Result<(), Error> {
    if is_current(found(client).await.map_err(|error| not_opened(&error))?)? {
        return Ok(());
    }
    let outcome = make(client).await.map_err(|error| not_opened(&error))?;
    is_current(outcome).map(drop)
}

/// Reads the newest time that a store here was given and believed.
pub(crate) async fn newest(client: &Client) -> Result<Option<Timestamp>, Error> {
    let newest = "SELECT millis FROM grantor_times WHERE name = 'newest'";
    let row = client.query_opt(newest, &[]).await;
    let row = row.map_err(|error| not_opened(&error))?;
    let millis = row.and_then(|row| row.try_get(0).ok());
    Ok(millis.map(Timestamp::from_millis))
}

fn current() -> i32 {
    i32::try_from(STEPS.len()).unwrap_or(i32::MAX)
}

fn is_current(version: i32) -> Result<bool, Error> {
    if version > current() {
        return Err(Error::newer(format!(
            "the tables in PostgreSQL have version {version}, and this program knows {}: use the \
             newer program",
            current()
        )));
    }
    Ok(version == current())
}

type Answer<T> = Result<T, tokio_postgres::Error>;

/// The version of the tables that are there; 0 if there are none.
async fn found(client: &impl tokio_postgres::GenericClient) -> Answer<i32> {
    // `to_regclass` would tell what the session knew before it waited for another one.
    let known = "SELECT EXISTS (SELECT FROM pg_class
        WHERE relname = 'grantor_schema' AND pg_table_is_visible(oid))";
    if !client.query_one(known, &[]).await?.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let newest = "SELECT coalesce(max(version), 0) FROM grantor_schema";
    client.query_one(newest, &[]).await?.try_get(0)
}

async fn make(client: &mut Client) -> Answer<i32> {
    let transaction = client.transaction().await?;
    let lock = "SELECT pg_advisory_xact_lock($1)";
    transaction.execute(lock, &[&LOCK]).await?;
    // Another process may have made them meanwhile.
    let mut version = found(&transaction).await?;
    let table = "CREATE TABLE IF NOT EXISTS grantor_schema (version integer PRIMARY KEY)";
    transaction.batch_execute(table).await?;
    let done = usize::try_from(version).unwrap_or(0);
    for step in STEPS.iter().skip(done) {
        transaction.batch_execute(step).await?;
        version += 1;
        let insert = "INSERT INTO grantor_schema (version) VALUES ($1)";
        transaction.execute(insert, &[&version]).await?;
    }
    transaction.commit().await?;
    Ok(version)
}
