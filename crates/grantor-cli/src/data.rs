use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use grantor_http::system;
use grantor_store::{MasterKey, MemoryStore, Namespace, Store, Stores};
use grantor_store_sqlite::SqliteOptions;

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
    let store: Arc<dyn Store> = Arc::new(options.open(config.data.join("grantor.db"))?);
    let key = MasterKey::open(&config.data, &store, namespace, &system()).await?;
    Ok(Stores::new(store, namespace, system()).seal_under(key.sealing_key()))
}

/// As [`open`], for a command that changes the data or shows them: in memory there are none.
pub(crate) async fn open_kept(config: &Config) -> Result<Stores, CliError> {
    if config.store == StoreKind::Memory {
        return Err(CliError::usage(
            "the configured store is \"memory\", which a server shares with no other process: use \
             \"sqlite\"",
        ));
    }
    open(config).await
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
