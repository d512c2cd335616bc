//! The data of a server: its stores, and the key that seals what is in them.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use grantor_http::system;
use grantor_store::{MasterKey, MemoryStore, Namespace, Store, Stores, private_files};
use grantor_store_sqlite::{SqliteOptions, SqliteStore};

use crate::config::{Config, Location};
use crate::error::CliError;
use crate::platform;

mod checks;
pub(crate) mod master_key;

/// Opens the data of a server: the folder (0700), the database in it, and the master key. All of it
/// is made if it is not there, so that the first command may be any.
pub(crate) async fn open(config: &Config) -> Result<Stores, CliError> {
    let key = master_key::from_environment()?;
    let in_memory = config.store.default == Location::Memory;
    if is_in_folder(config) || (key.is_none() && !in_memory) {
        make_folder(&config.data)?;
        refuse_owner(&config.data)?;
        refuse_if_others_write(&config.data, 0o700)?;
    }
    let opened = Opened::all(config, default_store(config).await?).await?;
    checks::default_keeps(&opened)?;
    let (store, namespace) = (&opened.default, opened.namespace);
    let key = match key {
        Some(key) => {
            key.check(store, namespace, &system()).await?;
            key
        }
        None if in_memory => MasterKey::from_bytes(system().random_bytes()),
        None => master_key::of_folder(config, store, namespace).await?,
    };
    checks::all(&opened, &key).await?;
    Ok(opened.sealed_under(&key))
}

/// Like [`open`], for a command that changes the data: in memory there are none.
pub(crate) async fn open_kept(config: &Config) -> Result<Stores, CliError> {
    refuse_memory(config)?;
    open(config).await
}

/// The stores of data that are there, for reading only: no file is made, and no lock is taken that a
/// server would wait for.
pub(crate) async fn open_to_read(config: &Config) -> Result<Stores, CliError> {
    let store: Arc<dyn Store> = match &config.store.default {
        Location::Url(_) => default_store(config).await?,
        _ => Arc::new(open_database_to_read(config)?),
    };
    let opened = Opened::all(config, store).await?;
    let key = master_key::existing(config, &opened.default).await?;
    checks::all(&opened, &key).await?;
    Ok(opened.sealed_under(&key))
}

/// The stores of a configuration.
struct Opened {
    default: Arc<dyn Store>,
    namespace: Namespace,
    by_kind: Vec<(grantor_store::Kind, Arc<dyn Store>)>,
}

impl Opened {
    /// Opens those that kinds have of their own, each once.
    async fn all(config: &Config, default: Arc<dyn Store>) -> Result<Self, CliError> {
        let mut known = HashMap::new();
        let mut by_kind = Vec::new();
        for (kind, location) in &config.store.by_kind {
            let name = match location {
                _ if *location == config.store.default => {
                    by_kind.push((*kind, Arc::clone(&default)));
                    continue;
                }
                Location::Memory => "memory:",
                Location::Url(url) => url.expose(),
                Location::Sqlite | Location::SqliteMayLoseLastCommits => {
                    return Err(CliError::configuration(format!(
                        "store.{}: the database in the data folder can only be the default store: give \
                         a database of its own as sqlite:PATH",
                        kind.name()
                    )));
                }
            };
            let store = match known.get(name) {
                Some(store) => Arc::clone(store),
                None => {
                    let store = grantor::open_store(name).await?;
                    known.insert(name, Arc::clone(&store));
                    store
                }
            };
            by_kind.push((*kind, store));
        }
        Ok(Self {
            default,
            namespace: master_key::namespace(config),
            by_kind,
        })
    }

    fn sealed_under(self, key: &MasterKey) -> Stores {
        let stores = Stores::new(self.default, self.namespace, system());
        let stores = stores.seal_under(key.sealing_key());
        self.by_kind
            .into_iter()
            .fold(stores, |stores, (kind, store)| stores.place(kind, store))
    }
}

async fn default_store(config: &Config) -> Result<Arc<dyn Store>, CliError> {
    let options = match &config.store.default {
        Location::Memory => return Ok(Arc::new(MemoryStore::new())),
        Location::Url(url) => return Ok(grantor::open_store(url.expose()).await?),
        Location::Sqlite => SqliteOptions::default(),
        Location::SqliteMayLoseLastCommits => {
            SqliteOptions::default().danger_may_lose_last_commits()
        }
    };
    let database = database(config);
    refuse_if_others_write(&database, 0o600)?;
    Ok(Arc::new(options.open(database)?))
}

/// Returns whether the records are in the data folder.
fn is_in_folder(config: &Config) -> bool {
    let default = &config.store.default;
    matches!(
        default,
        Location::Sqlite | Location::SqliteMayLoseLastCommits
    )
}

/// The database that is there, for reading only.
pub(crate) fn open_database_to_read(config: &Config) -> Result<SqliteStore, CliError> {
    refuse_other_than_sqlite(config)?;
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

/// For commands that work on the database in the data folder.
pub(crate) fn refuse_other_than_sqlite(config: &Config) -> Result<(), CliError> {
    refuse_memory(config)?;
    match is_in_folder(config) {
        true => Ok(()),
        false => Err(CliError::configuration(
            "the records are not in the data folder: name the folder of an SQLite database with --data, \
             and use the tools of any other database",
        )),
    }
}

fn refuse_memory(config: &Config) -> Result<(), CliError> {
    if config.store.default != Location::Memory {
        return Ok(());
    }
    Err(CliError::configuration(
        "the configured store is \"memory\", which a server shares with no other process: use \
         \"sqlite\"",
    ))
}

fn make_folder(path: &Path) -> Result<(), CliError> {
    private_files::create_folder(path).map_err(|error| {
        let path = path.display();
        CliError::configuration(format!(
            "the data folder {path} can't be made: {error}; give another with --data"
        ))
    })
}

/// A user who may write there may put clients, users and keys of their own in.
pub(crate) fn refuse_if_others_write(path: &Path, better: u32) -> Result<(), CliError> {
    let Some(mode) = platform::mode_for_writers(path) else {
        return Ok(());
    };
    let path = path.display();
    Err(CliError::configuration(format!(
        "{path} has mode {mode:04o}, so others may write to it: set it to {better:04o}, and look at \
         what is in it"
    )))
}

/// The owner of the folder may put files of their own in. Root as somebody else would leave files there
/// that the server can't open.
pub(crate) fn refuse_owner(path: &Path) -> Result<(), CliError> {
    let metadata = fs::metadata(path).ok();
    let Some((owner, own)) = metadata.as_ref().and_then(private_files::foreign_owner) else {
        return Ok(());
    };
    let path = path.display();
    Err(CliError::configuration(format!(
        "{path} belongs to the user {owner}, and this process runs as {own}: run it as the user of the \
         data (sudo -u), or give the folder to that user (chown) after a look at what is in it"
    )))
}

#[cfg(all(test, unix, not(grantor_portable)))]
mod tests;
