use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use grantor_http::system;
use grantor_store::{MasterKey, MemoryStore, Namespace, Store, Stores};
use grantor_store_sqlite::{SqliteOptions, SqliteStore};

use crate::config::{Config, StoreKind};
use crate::error::CliError;

/// Opens the data of a server: the folder (0700), the database in it, and the master key. All of it
/// is made if it is not there, so that the first command may be any.
pub(crate) async fn open(config: &Config) -> Result<Stores, CliError> {
    let namespace = Namespace::new("grantor");
    if config.store == StoreKind::Memory {
        let key = MasterKey::from_bytes(system().random_bytes());
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        return Ok(Stores::new(store, namespace, system()).seal_under(key.sealing_key()));
    }
    make_folder(&config.data)?;
    let options = match config.store {
        StoreKind::SqliteFast => SqliteOptions::default().danger_may_lose_last_commits(),
        _ => SqliteOptions::default(),
    };
    let database = database(config);
    refuse_owner(&config.data)?;
    refuse_if_others_write(&config.data, 0o700)?;
    refuse_if_others_write(&database, 0o600)?;
    let store: Arc<dyn Store> = Arc::new(options.open(database)?);
    let key = MasterKey::open(&config.data, &store, namespace, &system()).await?;
    Ok(Stores::new(store, namespace, system()).seal_under(key.sealing_key()))
}

/// As [`open`], for a command that changes the data: in memory there are none.
pub(crate) async fn open_kept(config: &Config) -> Result<Stores, CliError> {
    refuse_memory(config)?;
    open(config).await
}

/// The stores of data that are there, for reading only: no file is made, and no lock is taken that a
/// server would wait for.
pub(crate) async fn open_to_read(config: &Config) -> Result<Stores, CliError> {
    let store: Arc<dyn Store> = Arc::new(open_database_to_read(config)?);
    let namespace = Namespace::new("grantor");
    let key = MasterKey::open_existing(&config.data, &store, namespace, &system()).await?;
    Ok(Stores::new(store, namespace, system()).seal_under(key.sealing_key()))
}

/// The database that is there, for reading only.
pub(crate) fn open_database_to_read(config: &Config) -> Result<SqliteStore, CliError> {
    refuse_memory(config)?;
    let (data, database) = (config.data.display(), database(config));
    if !database.exists() {
        return Err(CliError::configuration(format!(
            "there is no data in {data}: check --data and --config; \"serve\" and the commands that \
             add something make it"
        )));
    }
    refuse_owner(&config.data)?;
    refuse_if_others_write(&config.data, 0o700)?;
    Ok(SqliteOptions::default().open_read_only(database)?)
}

/// Where the database is.
pub(crate) fn database(config: &Config) -> PathBuf {
    config.data.join("grantor.db")
}

pub(crate) fn refuse_memory(config: &Config) -> Result<(), CliError> {
    if config.store != StoreKind::Memory {
        return Ok(());
    }
    Err(CliError::configuration(
        "the configured store is \"memory\", which a server shares with no other process: use \
         \"sqlite\"",
    ))
}

fn make_folder(path: &Path) -> Result<(), CliError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(path).map_err(|error| {
        let path = path.display();
        CliError::failed(format!(
            "the data folder {path} can't be made: {error}; give another with --data"
        ))
    })
}

/// Whoever may write there may put clients, users and keys of their own in.
pub(crate) fn refuse_if_others_write(path: &Path, better: u32) -> Result<(), CliError> {
    let Ok(metadata) = std::fs::metadata(path) else {
        return Ok(());
    };
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o022 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(CliError::failed(format!(
        "{path} has mode {mode:04o}, so others may write to it: set it to {better:04o}, and look at \
         what is in it"
    )))
}

/// The owner of the folder may put files of their own in. Root as somebody else would leave files there
/// that the server can't open.
pub(crate) fn refuse_owner(path: &Path) -> Result<(), CliError> {
    let Ok(metadata) = std::fs::metadata(path) else {
        return Ok(());
    };
    let (owner, own) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner == own || owner == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(CliError::failed(format!(
        "{path} belongs to the user {owner}, and this process runs as {own}: run it as the user of the \
         data (sudo -u), or give the folder to that user (chown) after a look at what is in it"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::chown;

    #[test]
    fn neither_folder_nor_files_may_be_another_users() {
        let parent = tempfile::tempdir().unwrap();
        let data = parent.path().join("data");
        let config = Config {
            data: data.clone(),
            ..Config::default()
        };
        opened(&config).unwrap();
        for path in [
            data.clone(),
            data.join("grantor.db"),
            data.join("master.key"),
        ] {
            // Only root can give a file away, so only root sees this.
            if chown(&path, Some(12_345), None).is_err() {
                return;
            }
            let error = opened(&config).unwrap_err();
            assert!(error.contains("belongs to the user 12345"), "{error}");
            chown(&path, Some(0), None).unwrap();
        }
        opened(&config).unwrap();
    }

    fn opened(config: &Config) -> Result<(), String> {
        let opened = crate::block_on(open(config));
        opened.map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn neither_folder_nor_database_may_be_written_to_by_others() {
        let parent = tempfile::tempdir().unwrap();
        let data = parent.path().join("data");
        let config = Config {
            data: data.clone(),
            ..Config::default()
        };
        opened(&config).unwrap();
        for (path, own, shared) in [
            (data.clone(), 0o700, [0o777, 0o770, 0o1777]),
            (data.join("grantor.db"), 0o600, [0o666, 0o660, 0o622]),
        ] {
            for mode in shared {
                set_permissions(&path, Permissions::from_mode(mode)).unwrap();
                let error = opened(&config).unwrap_err();
                assert!(error.contains(&format!("set it to {own:04o}")), "{error}");
            }
            set_permissions(&path, Permissions::from_mode(own)).unwrap();
        }
        set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
        opened(&config).unwrap();
    }
}
