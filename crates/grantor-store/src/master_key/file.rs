//! The file of the master key.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use grantor_core::Environment;
use zeroize::Zeroizing;

use super::MasterKey;
use crate::error::Error;
use crate::platform;

pub(super) struct KeyFile {
    directory: PathBuf,
    path: PathBuf,
}

/// How many keys a file may have: the current one, the next one, and one from before.
const MOST_KEYS: usize = 3;

impl KeyFile {
    pub(super) fn in_directory(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            path: directory.join("master.key"),
        }
    }

    /// The keys in the file, the one that seals first; none if there is no file.
    pub(super) fn read(&self) -> Result<Option<MasterKey>, Error> {
        // Looked at first: opening a pipe in the place of a file would hold us for ever.
        let opened = fs::metadata(&self.path).and_then(|found| match found.is_file() {
            true => File::open(&self.path).map(Some),
            false => Ok(None),
        });
        let mut file = match opened {
            Ok(Some(file)) => file,
            Ok(None) => return Err(self.wrong("is no regular file: restore it from a backup")),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("opened", error)),
        };
        let metadata = file
            .metadata()
            .map_err(|error| self.failed("read", error))?;
        if let Some((owner, own)) = platform::foreign_owner(&metadata) {
            return Err(self.wrong(&format!(
                "belongs to the user {owner}, and this process runs as {own}: run it as the user of \
                 the data, or give the file to that user, and replace the key if somebody else may \
                 have read it"
            )));
        }
        if let Some(mode) = platform::exposing_mode(&metadata) {
            return Err(self.wrong(&format!(
                "has mode {mode:04o} and is open to others: set it to 0600, and replace the key if \
                 somebody may have read it"
            )));
        }
        let lengths = (1..=MOST_KEYS).map(|keys| keys * 32);
        let length = lengths.into_iter().find(|n| metadata.len() == *n as u64);
        let length = length.ok_or_else(|| {
            self.wrong("is not 32 bytes long, or 64 with another key: restore it from a backup")
        })?;
        let mut bytes = Zeroizing::new([0; MOST_KEYS * 32]);
        file.read_exact(&mut bytes[..length])
            .map_err(|error| self.failed("read", error))?;
        let (keys, _) = bytes[..length].as_chunks::<32>();
        let mut keys = keys.iter().copied().map(Zeroizing::new);
        Ok(keys
            .next()
            .map(|first| MasterKey::from_keys(first, keys.collect())))
    }

    /// Creates the file with a new key, or reads the one that somebody else created meanwhile.
    pub(super) fn create(&self, environment: &Environment) -> Result<MasterKey, Error> {
        let failed = |error| self.failed("created", error);
        platform::create_directory(&self.directory).map_err(failed)?;
        // Written elsewhere and linked into place: the file holds a whole key as soon as it is
        // there.
        let draft = self
            .directory
            .join(format!("master.key.{}", environment.random_text::<12>()));
        let key = Zeroizing::new(environment.random_bytes::<32>());
        let linked = write_new(&draft, &*key).and_then(|()| fs::hard_link(&draft, &self.path));
        let removed = fs::remove_file(&draft);
        match linked {
            Ok(()) => {
                removed.map_err(failed)?;
                platform::sync_directory(&self.directory).map_err(failed)?;
                Ok(MasterKey::from_keys(key, Vec::new()))
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                self.read()?.ok_or_else(|| self.missing())
            }
            Err(error) => Err(failed(error)),
        }
    }

    pub(super) fn missing(&self) -> Error {
        self.wrong(
            "is missing, but the store is sealed under a master key: put that key there, from a \
             backup or from another server of this store",
        )
    }

    fn wrong(&self, what: &str) -> Error {
        Error::configuration(format!("the master key {} {what}", self.path.display()))
    }

    fn failed(&self, verb: &str, error: io::Error) -> Error {
        self.wrong(&format!("can't be {verb}: {error}"))
            .with_source(error)
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = platform::create_file(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
