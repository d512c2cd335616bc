//! Opens connections, with the settings that SQLite needs once for each.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use grantor_store::{Durability, Error};
use rusqlite::{Connection, OpenFlags};

use crate::SqliteOptions;
use crate::error::not_opened;
use crate::log_keeper::LONG;
use crate::{file, schema};

/// A connection that writes, with the durability asked for.
pub(crate) fn open_writer(path: &Path, options: &SqliteOptions) -> Result<Connection, Error> {
    let synchronous = match options.durability() {
        Durability::Process => 1,
        _ => 2,
    };
    let connection = open(path, options).map_err(|error| not_opened(path, error))?;
    schema::refuse_foreign(&connection, path)?;
    file::refuse_open_to_others(path)?;
    let set_up = || {
        // Before anything is written to a new file: later it takes a VACUUM.
        connection.pragma_update(None, "auto_vacuum", INCREMENTAL)?;
        let mode = enter_wal(&connection, options.busy_timeout)?;
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "fullfsync", true)?;
        connection.pragma_update(None, "checkpoint_fullfsync", true)?;
        connection.pragma_update(None, "wal_autocheckpoint", LONGEST_LOG_PAGES)?;
        connection.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        let set: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
        convert_to_incremental(&connection)?;
        Ok(mode == "wal" && set == synchronous)
    };
    match set_up() {
        Ok(true) => Ok(connection),
        Ok(false) => Err(Error::configuration(format!(
            "the database {} can't keep a write-ahead log: put it on a local file system",
            path.display()
        ))),
        Err(error) => Err(not_opened(path, error)),
    }
}

/// A connection that moves the log into the database, and syncs both.
pub(crate) fn open_log(path: &Path, options: &SqliteOptions) -> Result<Connection, Error> {
    let open = || {
        let connection = open(path, options)?;
        connection.pragma_update(None, "checkpoint_fullfsync", true)?;
        connection.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT)?;
        Ok(connection)
    };
    open().map_err(|error| not_opened(path, error))
}

/// A connection to a database that is there, that makes no file and takes no lock for writing.
pub(crate) fn open_read_only(path: &Path, options: &SqliteOptions) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let open = || {
        let connection = Connection::open_with_flags(uri(path), flags)?;
        set_up_reader(&connection, options)?;
        Ok(connection)
    };
    open().map_err(|error| not_opened(path, error))
}

/// Without a log nobody uses the database, and it is read as it lies there: SQLite would make a log
/// for reading, too.
fn uri(path: &Path) -> String {
    let name = percent_encode(path.as_os_str().as_encoded_bytes());
    let nobody_uses_it = !file::beside(path, "-wal").exists();
    let immutable = if nobody_uses_it { "&immutable=1" } else { "" };
    format!("file:{name}?mode=ro{immutable}")
}

fn percent_encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                text.push(char::from(*byte));
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

/// A connection that only reads.
pub(crate) fn open_reader(path: &Path, options: &SqliteOptions) -> Result<Connection, Error> {
    let open = || {
        let connection = open(path, options)?;
        set_up_reader(&connection, options)?;
        Ok(connection)
    };
    open().map_err(|error| not_opened(path, error))
}

fn set_up_reader(connection: &Connection, options: &SqliteOptions) -> rusqlite::Result<()> {
    connection.busy_timeout(options.busy_timeout)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)
}

/// Pages that are free can be given back a few at a time. A file that was made otherwise is written
/// anew, once.
fn convert_to_incremental(connection: &Connection) -> rusqlite::Result<()> {
    let found: i64 = connection.pragma_query_value(None, "auto_vacuum", |row| row.get(0))?;
    if found == INCREMENTAL {
        return Ok(());
    }
    connection.pragma_update(None, "auto_vacuum", INCREMENTAL)?;
    connection.execute_batch("VACUUM")
}

const INCREMENTAL: i64 = 2;

/// At this length a commit moves the log itself, should the log's thread not keep up.
const LONGEST_LOG_PAGES: i64 = 2 * LONG;
const WAL_BYTES_KEPT: i64 = 64 * 1024 * 1024;
const CACHE_KIB: i64 = 16 * 1024;

fn open(path: &Path, options: &SqliteOptions) -> rusqlite::Result<Connection> {
    let connection = open_file(path)?;
    connection.busy_timeout(options.busy_timeout)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// A connection that reads and writes a file that is there, without further settings.
pub(crate) fn open_file(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(file_name(path), flags)
}

/// A path that SQLite reads as one: by itself it takes `file:` at the beginning for a URI, whatever
/// the flags are, and `:memory:` for no file.
fn file_name(path: &Path) -> PathBuf {
    Path::new(".").join(path)
}

/// Switches to the write-ahead log. SQLite does not wait for others here, so this does.
fn enter_wal(connection: &Connection, timeout: Duration) -> rusqlite::Result<String> {
    let began = Instant::now();
    loop {
        let entered =
            connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0));
        match entered {
            Err(error) if is_busy(&error) && began.elapsed() < timeout => {
                thread::sleep(Duration::from_millis(5));
            }
            other => return other,
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(connection: &Connection, pragma: &str) -> i64 {
        connection
            .pragma_query_value(None, pragma, |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn commits_are_synced_unless_that_is_waived() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("grantor.db");
        file::create_private(&path).unwrap();
        let full = SqliteOptions::default();
        let weaker = full.clone().danger_may_lose_last_commits();
        for (options, synchronous) in [(full, 2), (weaker, 1)] {
            let connection = open_writer(&path, &options).unwrap();
            assert_eq!(number(&connection, "synchronous"), synchronous);
            assert_eq!(number(&connection, "busy_timeout"), 5000);
            let mode: String = connection
                .pragma_query_value(None, "journal_mode", |row| row.get(0))
                .unwrap();
            assert_eq!(mode, "wal");
        }
    }

    #[test]
    fn a_reader_can_not_write() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("grantor.db");
        file::create_private(&path).unwrap();
        let reader = open_reader(&path, &SqliteOptions::default()).unwrap();
        assert!(reader.execute_batch("CREATE TABLE t (a)").is_err());
    }
}
