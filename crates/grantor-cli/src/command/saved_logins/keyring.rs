//! The key of logins in the keyring of the desktop (the Secret Service), in place of a file.

use std::path::Path;
use std::sync::Arc;

use grantor_store::{MasterKey, Namespace, Store};

use crate::error::CliError;

/// The key that the keyring has for this file, or a new one if the file has no logins yet.
///
/// # Errors
/// There is no keyring, it is locked, or it has no key for logins that are there.
#[cfg(feature = "keyring")]
pub(super) async fn key(
    file: &Path,
    key_folder: &Path,
    (store, namespace): (&Arc<dyn Store>, Namespace),
) -> Result<MasterKey, CliError> {
    let service = zbus_secret_service_keyring_store::Store::new().map_err(|_| {
        CliError::configuration("there is no keyring: no Secret Service answers on the session bus")
            .hint(
                "sign in to a desktop that has one; without --keyring a login has its key in a file for \
                 you alone",
            )
    })?;
    keyring_core::set_default_store(service);
    // The same key by every path to the file.
    let name = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let (service, name) = ("grantor", name.to_string_lossy());
    let system = grantor_http::system();
    let key = MasterKey::from_keyring(service, &name, key_folder, store, namespace, &system);
    Ok(key.await?)
}

/// There is no keyring in this command.
#[cfg(not(feature = "keyring"))]
#[expect(clippy::unused_async, reason = "the other one waits")]
pub(super) async fn key(
    _file: &Path,
    _key_folder: &Path,
    _store: (&Arc<dyn Store>, Namespace),
) -> Result<MasterKey, CliError> {
    let error = CliError::configuration("this command can use no keyring");
    Err(error.hint("install it with --features keyring"))
}
