//! Where logins are kept: a file that an option names, or one in the user's folder for data.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use grantor_http::system;
use grantor_store::{MasterKey, Namespace, Store, private_files};
use grantor_store_sqlite::SqliteOptions;

use super::{LoginList, keyring, no_login};
use crate::data::refuse_if_others_write;
use crate::error::CliError;

/// The file with the logins, and the folder of the key that it is sealed under.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::command) struct Place {
    pub(in crate::command) file: PathBuf,
    key_folder: PathBuf,
    /// Whether the folder is ours to make.
    is_default: bool,
}

/// Where the key of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::command) enum KeyPlace {
    /// Where it was put when the file was made.
    Found,
    /// In the keyring of the desktop.
    Keyring,
}

impl Place {
    /// The file that the options name; without one, that of the user. None: nothing says where the user's
    /// data is.
    pub(in crate::command) fn of(
        store: Option<&PathBuf>,
        store_key: Option<&PathBuf>,
    ) -> Option<Self> {
        match store {
            Some(file) => Some(Self::named(file, store_key)),
            None => Self::of_user(std::env::var_os("XDG_DATA_HOME"), std::env::var_os("HOME")),
        }
    }

    fn named(file: &Path, store_key: Option<&PathBuf>) -> Self {
        let folder = file.parent().filter(|folder| *folder != Path::new(""));
        let folder = folder.unwrap_or(Path::new("."));
        Self {
            file: file.to_owned(),
            key_folder: store_key.map_or_else(|| folder.to_owned(), Clone::clone),
            is_default: false,
        }
    }

    /// XDG Base Directory Specification: a path that is not absolute is ignored.
    fn of_user(data_home: Option<OsString>, home: Option<OsString>) -> Option<Self> {
        let absolute = |path: PathBuf| path.is_absolute().then_some(path);
        let data_home = data_home.map(PathBuf::from).and_then(absolute);
        let home = home.map(PathBuf::from).and_then(absolute);
        let data_home = data_home.or_else(|| Some(home?.join(".local/share")))?;
        let folder = data_home.join("grantor");
        Some(Self {
            file: folder.join("logins.db"),
            key_folder: folder,
            is_default: true,
        })
    }

    /// Opens it for a new login, and makes what is not there.
    pub(in crate::command) async fn open(&self, key: KeyPlace) -> Result<LoginList, CliError> {
        if self.is_default {
            let made = private_files::create_folder(&self.key_folder);
            made.map_err(|error| {
                let folder = self.key_folder.display();
                CliError::configuration(format!("the folder {folder} can't be made: {error}"))
                    .hint("name a file with --store")
            })?;
        }
        let (store, key) = open(&self.file, &self.key_folder, key).await?;
        LoginList::new(store, key)
    }

    /// Opens it for the logins in it; nothing is made.
    pub(in crate::command) async fn open_existing(&self) -> Result<LoginList, CliError> {
        match self.exists() {
            true => self.open(KeyPlace::Found).await,
            false => Err(no_login()),
        }
    }

    pub(in crate::command) fn exists(&self) -> bool {
        self.file.exists()
    }
}

/// Opens a file with tokens and the key that it is sealed under.
pub(in crate::command) async fn open(
    file: &Path,
    key_folder: &Path,
    place: KeyPlace,
) -> Result<(Arc<dyn Store>, MasterKey), CliError> {
    let folder = file.parent().filter(|folder| *folder != Path::new(""));
    refuse_if_others_write(folder.unwrap_or(Path::new(".")), 0o700)?;
    refuse_if_others_write(file, 0o600)?;
    let store: Arc<dyn Store> = Arc::new(SqliteOptions::default().open(file)?);
    let namespace = Namespace::new("grantor");
    let mark = keyring_mark(file);
    let in_keyring = match place {
        KeyPlace::Found => mark.exists(),
        KeyPlace::Keyring => {
            let has_file = key_folder.join("master.key").exists();
            if has_file && MasterKey::has_sealed(&store, namespace).await? {
                return Err(has_another_key(file, key_folder));
            }
            true
        }
    };
    if !in_keyring {
        let key = MasterKey::open(key_folder, &store, namespace, &system()).await?;
        return Ok((store, key));
    }
    let key = keyring::key(file, key_folder, (&store, namespace)).await?;
    match private_files::create_file(&mark) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            let mark = mark.display();
            Err(CliError::failed(format!("{mark} can't be made: {error}")))
        }
        _ => Ok((store, key)),
    }
}

/// The empty file beside one with logins which says that their key is in the keyring.
fn keyring_mark(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".in-keyring");
    file.with_file_name(name)
}

fn has_another_key(file: &Path, key_folder: &Path) -> CliError {
    let (file, key_folder) = (file.display(), key_folder.display());
    CliError::usage(format!("the key of {file} is in {key_folder}/master.key, not in the keyring")).hint(
        "end its logins with grantor logout and remove both files, or name another file with --store",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(data_home: Option<&str>, home: Option<&str>) -> Option<PathBuf> {
        let place = Place::of_user(data_home.map(Into::into), home.map(Into::into));
        place.map(|place| place.key_folder)
    }

    #[test]
    fn logins_are_in_the_users_folder_for_data() {
        let of = |path: &str| Some(PathBuf::from(path));
        assert_eq!(folder(Some("/d"), Some("/h")), of("/d/grantor"));
        assert_eq!(folder(None, Some("/h")), of("/h/.local/share/grantor"));
        for ignored in ["", "relative"] {
            let at_home = of("/h/.local/share/grantor");
            assert_eq!(folder(Some(ignored), Some("/h")), at_home);
            assert_eq!(folder(Some(ignored), Some(ignored)), None);
        }
        assert_eq!(folder(None, None), None);
    }
}
