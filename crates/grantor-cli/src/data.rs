use std::path::{Path, PathBuf};
use std::sync::Arc;

use grantor_http::system;
use grantor_store::{MasterKey, MemoryStore, Namespace, Store, Stores};
use grantor_store_sqlite::{SqliteOptions, SqliteStore};

use crate::config::{Config, StoreKind};
use crate::error::CliError;
use crate::platform;

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
    platform::create_folder(path).map_err(|error| {
        let path = path.display();
        CliError::failed(format!(
            "the data folder {path} can't be made: {error}; give another with --data"
        ))
    })
}

/// Whoever may write there may put clients, users and keys of their own in.
pub(crate) fn refuse_if_others_write(path: &Path, better: u32) -> Result<(), CliError> {
    let Some(mode) = platform::mode_for_writers(path) else {
        return Ok(());
    };
    let path = path.display();
    Err(CliError::failed(format!(
        "{path} has mode {mode:04o}, so others may write to it: set it to {better:04o}, and look at \
         what is in it"
    )))
}

#[cfg(all(test, unix, not(grantor_portable)))]
mod tests {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

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
