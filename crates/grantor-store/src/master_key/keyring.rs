//! The master key in a keyring of the system.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use grantor_core::Environment;
use keyring_core::Entry;
use zeroize::Zeroizing;

use super::{MasterKey, is_sealed};
use crate::error::{Applied, Error};
use crate::key::Namespace;
use crate::store::Store;

impl MasterKey {
    /// Reads the key that a keyring keeps under `service` and `user`, or creates it if the store has
    /// never had a master key; then does what [`check`](Self::check) does. Processes that start at
    /// the same time agree on one key, as long as they name the same `folder`: it must be there, and
    /// is locked while a key is created. The folder of the store will do.
    ///
    /// The program chooses the keyring at its start, by `keyring_core::set_default_store`: the crate
    /// `zbus-secret-service-keyring-store` is the Secret Service of Linux desktops without C
    /// libraries; there are others for macOS and Windows. A keyring may ask the user to unlock it, so
    /// this can take long and block the thread. A machine without a desktop has none: use
    /// [`open`](Self::open) there.
    ///
    /// It was tested with the keyring of GNOME, by the command `grantor login --keyring`.
    ///
    /// # Errors
    /// There is no keyring, it is locked, or it holds something else there; the key is missing
    /// though the store is sealed, or it is not the key that the store is sealed under.
    pub async fn from_keyring(
        service: &str,
        user: &str,
        folder: &Path,
        store: &Arc<dyn Store>,
        namespace: Namespace,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let entry = Entry::new(service, user).map_err(failed)?;
        let key = match read(&entry)? {
            Some(key) => key,
            // Another process may have created the key and sealed the store since it was missing.
            None if is_sealed(store, namespace).await? => {
                read(&entry)?.ok_or_else(|| missing(service, user))?
            }
            None => create(&entry, folder, environment)?,
        };
        key.check(store, namespace, environment).await?;
        Ok(key)
    }
}

fn read(entry: &Entry) -> Result<Option<MasterKey>, Error> {
    let secret = match entry.get_secret() {
        Ok(secret) => Zeroizing::new(secret),
        Err(keyring_core::Error::NoEntry) => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let bytes = <[u8; 32]>::try_from(&secret[..]).map_err(|_| {
        Error::configuration(
            "what the keyring holds there is not a master key of 32 bytes: choose another service \
             or user",
        )
    })?;
    Ok(Some(MasterKey::from_bytes(bytes)))
}

/// A keyring has no "create if absent", so whoever creates holds a lock.
fn create(entry: &Entry, folder: &Path, environment: &Environment) -> Result<MasterKey, Error> {
    let lock = File::open(folder).and_then(|lock| lock.lock().map(|()| lock));
    let _held = lock.map_err(|error| {
        let folder = folder.display();
        let message = format!("the folder {folder} can't be locked ({error}): it must be there");
        Error::configuration(message).with_source(error)
    })?;
    if let Some(key) = read(entry)? {
        return Ok(key);
    }
    let key = Zeroizing::new(environment.random_bytes::<32>());
    entry.set_secret(&*key).map_err(failed)?;
    Ok(MasterKey::from_keys(key, Vec::new()))
}

fn missing(service: &str, user: &str) -> Error {
    Error::configuration(format!(
        "the keyring has no key of \"{service}\" for \"{user}\", but the store is sealed under a \
         master key: restore the entry, or remove the store and sign in again"
    ))
}

/// The message has words of our own: a keyring's may hold the secret.
fn failed(error: keyring_core::Error) -> Error {
    use keyring_core::Error as Cause;
    match error {
        Cause::NoDefaultStore => Error::configuration(
            "no keyring was chosen: call \"keyring_core::set_default_store\" at the start of the \
             program",
        ),
        Cause::NoStorageAccess(cause) => {
            let message =
                "the keyring can't be used: unlock it, and see that this program may use it";
            Error::unavailable(message, Applied::No).with_source(cause)
        }
        Cause::PlatformFailure(cause) => {
            let message = "the keyring failed: see that its service runs; without a desktop keep \
                           the master key in a file";
            Error::unavailable(message, Applied::Unknown).with_source(cause)
        }
        Cause::Ambiguous(_) => Error::configuration(
            "the keyring has several entries there: remove all but the right one",
        ),
        Cause::TooLong(what, limit) => Error::configuration(format!(
            "the keyring takes at most {limit} letters of \"{what}\""
        )),
        Cause::Invalid(what, why) => {
            Error::configuration(format!("the keyring does not take \"{what}\": {why}"))
        }
        _ => Error::configuration("the keyring holds something there that is not a master key"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Once;
    use std::thread;

    use tempfile::TempDir;

    use super::*;
    use crate::MemoryStore;
    use crate::testing::block_on;

    fn open(service: &str, folder: &Path, store: &Arc<dyn Store>) -> Result<MasterKey, Error> {
        static MOCK: Once = Once::new();
        MOCK.call_once(|| {
            keyring_core::set_default_store(keyring_core::mock::Store::new().unwrap());
        });
        block_on(MasterKey::from_keyring(
            service,
            "ada",
            folder,
            store,
            Namespace::new("https://issuer.example"),
            &grantor_http::system(),
        ))
    }

    fn memory() -> Arc<dyn Store> {
        Arc::new(MemoryStore::new())
    }

    fn entry(service: &str) -> Entry {
        Entry::new(service, "ada").unwrap()
    }

    #[test]
    fn the_first_use_creates_a_key_and_later_ones_read_it() {
        let (folder, store) = (TempDir::new().unwrap(), memory());
        let first = open("first", folder.path(), &store).unwrap();
        let second = open("first", folder.path(), &store).unwrap();
        assert_eq!(first.bytes, second.bytes);
        assert_eq!(entry("first").get_secret().unwrap(), *first.bytes);
    }

    #[test]
    fn first_users_at_the_same_time_agree_on_one_key() {
        for round in 0..10 {
            let (folder, store) = (TempDir::new().unwrap(), memory());
            let service = format!("race {round}");
            let keys: Vec<_> = thread::scope(|scope| {
                let start = || open(&service, folder.path(), &store).unwrap();
                let starts: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
                starts.into_iter().map(|s| s.join().unwrap()).collect()
            });
            assert!(keys.iter().all(|key| key.bytes == keys[0].bytes));
        }
    }

    #[test]
    fn who_waits_for_the_lock_takes_the_key_that_came_meanwhile() {
        for round in 0..20 {
            let (folder, store) = (TempDir::new().unwrap(), memory());
            let service = format!("wait {round}");
            open("any", folder.path(), &memory()).unwrap();
            let lock = File::open(folder.path()).unwrap();
            lock.lock().unwrap();
            let key = thread::scope(|scope| {
                let waiting = scope.spawn(|| open(&service, folder.path(), &store).unwrap());
                for _ in 0..1000 {
                    thread::yield_now();
                }
                entry(&service).set_secret(&[5; 32]).unwrap();
                lock.unlock().unwrap();
                waiting.join().unwrap()
            });
            assert_eq!(*key.bytes, [5; 32]);
        }
    }

    #[test]
    fn a_lost_key_is_never_replaced() {
        let (folder, store) = (TempDir::new().unwrap(), memory());
        open("lost", folder.path(), &store).unwrap();
        entry("lost").delete_credential().unwrap();
        let error = open("lost", folder.path(), &store).unwrap_err();
        assert!(error.is_configuration());
        assert!(error.to_string().contains("sign in again"), "{error}");
        assert!(entry("lost").get_secret().is_err());
    }

    #[test]
    fn a_foreign_entry_and_another_key_are_refused() {
        let (folder, store) = (TempDir::new().unwrap(), memory());
        let _mock = open("theirs", folder.path(), &memory()).unwrap();
        entry("theirs").set_password("hunter2").unwrap();
        let error = open("theirs", folder.path(), &store).unwrap_err();
        assert!(error.is_configuration());
        assert!(!format!("{error:?}").contains("hunter2"));
        open("ours", folder.path(), &store).unwrap();
        entry("ours").set_secret(&[1; 32]).unwrap();
        let error = open("ours", folder.path(), &store).unwrap_err().to_string();
        assert!(error.contains("another master key"), "{error}");
    }
}
