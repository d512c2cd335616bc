//! The master key of the data: of the environment, or of the data folder.

use std::sync::Arc;

use grantor_http::system;
use grantor_jose::base64url;
use grantor_store::{MasterKey, Namespace, Store};
use zeroize::Zeroizing;

use crate::command::secret_unless_empty;
use crate::config::{Config, Location};
use crate::error::CliError;

/// The variable with the master key, for servers without a folder of their own.
const MASTER_KEY: &str = "GRANTOR_MASTER_KEY";

/// The master key of a store that is sealed already: from the environment, or else from the data folder.
pub(crate) async fn existing(
    config: &Config,
    store: &Arc<dyn Store>,
) -> Result<MasterKey, CliError> {
    let namespace = namespace(config);
    if matches!(config.store.default, Location::Url(_))
        && !MasterKey::has_sealed(store, namespace).await?
    {
        return Err(CliError::configuration(format!(
            "the store has no records of the namespace \"{}\": check its URL, and \"store.namespace\" in the \
             configuration (--config); a server or a command that writes makes them",
            config.store.namespace
        )));
    }
    let Some(key) = from_environment()? else {
        let opened = MasterKey::open_existing(&config.data, store, namespace, &system()).await;
        return opened.map_err(|error| with_variable(error, config));
    };
    key.check(store, namespace, &system()).await?;
    Ok(key)
}

/// The master key of the data folder, which is made if the store is new.
pub(super) async fn of_folder(
    config: &Config,
    store: &Arc<dyn Store>,
    namespace: Namespace,
) -> Result<MasterKey, CliError> {
    let opened = MasterKey::open(&config.data, store, namespace, &system()).await;
    opened.map_err(|error| with_variable(error, config))
}

/// A file that is missing need not be one.
fn with_variable(error: grantor_store::Error, config: &Config) -> CliError {
    let is_missing = !config.data.join("master.key").exists();
    let error = CliError::from(error);
    match is_missing {
        true => error.hint(format!("{MASTER_KEY} may have the key instead of a file")),
        false => error,
    }
}

/// The first part of every key of the configured records.
pub(crate) fn namespace(config: &Config) -> Namespace {
    Namespace::new(&config.store.namespace)
}

/// The master key, as 32 bytes in base64url. Those after it, with spaces between them, only open.
pub(crate) fn from_environment() -> Result<Option<MasterKey>, CliError> {
    let Some(text) = secret_unless_empty(MASTER_KEY, "the key in the data folder")? else {
        return Ok(None);
    };
    let keys = text.expose().split_ascii_whitespace().map(|key| {
        let bytes = base64url::decode_array::<32>(key).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| not_a_key())?;
        Ok(MasterKey::from_bytes(*bytes))
    });
    let mut keys = keys.collect::<Result<Vec<_>, CliError>>()?.into_iter();
    let first = keys.next().ok_or_else(not_a_key)?;
    Ok(Some(keys.fold(first, MasterKey::opening_also)))
}

fn not_a_key() -> CliError {
    CliError::configuration(format!(
        "{MASTER_KEY} is not 32 bytes in base64url, or several of that with spaces between them"
    ))
}
