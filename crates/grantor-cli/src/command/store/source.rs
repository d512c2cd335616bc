//! A store as the command line names it.

use std::path::Path;
use std::sync::Arc;

use grantor_core::Secret;
use grantor_store_sqlite::SqliteOptions;

use crate::command::secret_from_environment;
use crate::config::has_password;
use crate::error::CliError;

/// A store as the command line names it.
pub(super) struct Source {
    url: Secret,
}

impl Source {
    pub(super) fn read(argument: &str, text: &str) -> Result<Self, CliError> {
        if let Some(name) = text.strip_prefix("env:") {
            let url = secret_from_environment(name)?;
            let missing = || CliError::usage(format!("{argument}: the variable {name} is not set"));
            return Ok(Self {
                url: url.ok_or_else(missing)?,
            });
        }
        if !text.contains(':') {
            return Err(CliError::usage(format!(
                "{argument}: a store is named by its URL: sqlite:{text} is the database in the file {text}"
            )));
        }
        if has_password(text) {
            return Err(CliError::usage(format!(
                "{argument}: other users of this machine can read a password in an argument: put the \
                 URL into a variable, and give env:NAME"
            )));
        }
        Ok(Self {
            url: Secret::new(text),
        })
    }

    /// Returns whether both are named in the same way.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.url.expose() == other.url.expose()
    }

    /// The file of an SQLite database.
    pub(super) fn database(&self) -> Option<&Path> {
        let path = self.url.expose().strip_prefix("sqlite:")?;
        Some(Path::new(path.strip_prefix("//").unwrap_or(path)))
    }

    /// Returns whether another process seems to write to the database: the last one that closes it
    /// removes its write-ahead log. After a crash the log is there too.
    pub(super) fn may_be_written(&self) -> bool {
        let log = self.database().map(|path| {
            let mut log = path.as_os_str().to_owned();
            log.push("-wal");
            std::fs::metadata(log)
        });
        matches!(log, Some(Ok(log)) if log.len() > 0)
    }

    /// Opens the store, and makes the file of a database that is not there.
    pub(super) async fn open(&self) -> Result<Arc<dyn grantor_store::Store>, CliError> {
        let url = self.url.expose();
        if url.starts_with("memory:") {
            return Err(CliError::usage(
                "a store in memory is gone with the command",
            ));
        }
        Ok(grantor::open_store(url).await?)
    }

    /// Opens a store that is there; a file is opened for reading only.
    pub(super) async fn open_to_read(&self) -> Result<Arc<dyn grantor_store::Store>, CliError> {
        let Some(path) = self.database() else {
            return self.open().await;
        };
        if !path.is_file() {
            let path = path.display();
            return Err(CliError::usage(format!("there is no database {path}")));
        }
        Ok(Arc::new(SqliteOptions::default().open_read_only(path)?))
    }
}
