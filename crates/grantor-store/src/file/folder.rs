//! The folder of the records.

use std::fs::TryLockError;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use grantor_core::Timestamp;

use super::format::{LONGEST, Unreadable, decode, encode};
use crate::capabilities::Durability;
use crate::error::{Applied, Error};
use crate::key::Key;
use crate::platform::{self, Directory, Found};
use crate::store::{Entry, Put};

const RECORD: &str = ".record";
/// The name of a file before it is moved to its place. Only the holder of the lock writes it.
const DRAFT: &str = "draft";
/// In milliseconds since 1970, as text.
const NEWEST_TIME: &str = "newest-time";
const LONGEST_PAUSE: Duration = Duration::from_millis(5);

pub(super) struct Folder {
    path: PathBuf,
    directory: Directory,
    durability: Durability,
}

/// The right to change the folder, until it is dropped.
pub(super) struct Locked<'a>(&'a Directory);

impl Folder {
    pub(super) fn open(path: &Path, durability: Durability) -> Result<Self, Error> {
        let wrong = |what: String| {
            Error::configuration(format!("the folder of tokens {} {what}", path.display()))
        };
        create(path).map_err(|error| {
            let why = format!(
                "can't be made ({error}): its parent must be a folder that this user may write to"
            );
            wrong(why).with_source(error)
        })?;
        let directory = Directory::open(path).map_err(|error| {
            let why = format!(
                "can't be opened ({error}): it must be a folder of this user, and no symbolic link"
            );
            wrong(why).with_source(error)
        })?;
        match directory.exposing_mode() {
            Ok(None) => Ok(Self {
                path: path.to_owned(),
                directory,
                durability,
            }),
            Ok(Some(mode)) => Err(wrong(format!(
                "has mode {mode:04o} and is open to others: set it to 0700, and sign in again if \
                 somebody may have read what is in it"
            ))),
            Err(error) => Err(wrong(format!("can't be looked at: {error}")).with_source(error)),
        }
    }

    /// Waits until no other process or store changes the folder.
    pub(super) fn lock(&self, limit: Duration) -> Result<Locked<'_>, Error> {
        let began = Instant::now();
        let mut pause = Duration::from_micros(100);
        loop {
            match self.directory.try_lock() {
                Ok(()) => return Ok(Locked(&self.directory)),
                Err(TryLockError::Error(error)) => return Err(self.failed("locked", error)),
                Err(TryLockError::WouldBlock) if began.elapsed() < limit => {
                    thread::sleep(pause);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(TryLockError::WouldBlock) => {
                    let path = self.path.display();
                    let message =
                        format!("the folder of tokens {path} is locked by another process");
                    return Err(Error::unavailable(message, Applied::No));
                }
            }
        }
    }

    /// The record under `key`.
    pub(super) fn read(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let name = name_of(key);
        let file = match self.directory.find(&name) {
            Ok(Found::Opened(file)) => file,
            Ok(Found::Nothing) => return Ok(None),
            Ok(Found::NoFile) => return Err(self.damaged(&name)),
            Err(error) => return Err(self.failed("read", error)),
        };
        let metadata = file.metadata();
        let metadata = metadata.map_err(|error| self.failed("read", error))?;
        if !metadata.is_file() || metadata.len() > LONGEST as u64 {
            return Err(self.damaged(&name));
        }
        if let Some(mode) = platform::exposing_mode(&metadata) {
            let path = self.path.join(&name);
            return Err(Error::configuration(format!(
                "the record {} has mode {mode:04o} and is open to others: remove it, or set it to \
                 0600 if nobody can have read it",
                path.display()
            )));
        }
        let mut bytes = Vec::new();
        let read = file.take(LONGEST as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.failed("read", error))?;
        match decode(&bytes.into(), key) {
            Ok(entry) => Ok(Some(entry)),
            Err(Unreadable::Damaged) => Err(self.damaged(&name)),
            Err(Unreadable::Newer(format)) => Err(Error::newer(format!(
                "the record {} has format {format}, this program reads 1: use the newer grantor \
                 that wrote it",
                self.path.join(&name).display()
            ))),
        }
    }

    /// Puts a record in its place, whole. Needs the lock.
    pub(super) fn write(&self, put: &Put) -> Result<(), Error> {
        let written = self.write_draft(&encode(put));
        let written = written.and_then(|()| self.directory.rename(DRAFT, &name_of(&put.key)));
        written.map_err(|error| {
            let _gone = self.directory.remove(DRAFT);
            self.failed("written", error)
        })
    }

    /// The newest time that was saved; none, if none was or it can't be read.
    pub(super) fn newest_time(&self) -> Option<Timestamp> {
        let Ok(Found::Opened(file)) = self.directory.find(NEWEST_TIME) else {
            return None;
        };
        let mut text = String::new();
        file.take(32).read_to_string(&mut text).ok()?;
        text.trim().parse().ok().map(Timestamp::from_millis)
    }

    /// Saves the newest time for the next start. Needs the lock.
    pub(super) fn save_time(&self, newest: Timestamp) -> io::Result<()> {
        self.write_draft(newest.as_millis().to_string().as_bytes())?;
        self.directory.rename(DRAFT, NEWEST_TIME)
    }

    fn write_draft(&self, bytes: &[u8]) -> io::Result<()> {
        // One that is there was left by a process that was killed.
        self.directory.remove(DRAFT)?;
        let mut file = self.directory.create(DRAFT)?;
        file.write_all(bytes)?;
        match self.durability {
            Durability::Process => Ok(()),
            _ => file.sync_all(),
        }
    }

    /// Deletes a record, and returns whether there was one. Needs the lock.
    pub(super) fn delete(&self, key: &Key) -> Result<bool, Error> {
        let removed = self.directory.remove(&name_of(key));
        removed.map_err(|error| self.failed("written", error))
    }

    /// Sees to it that what was written and deleted stays so.
    pub(super) fn sync(&self) -> io::Result<()> {
        match self.durability {
            Durability::Process => Ok(()),
            _ => self.directory.sync(),
        }
    }

    /// The keys of all records, in no order. Files with other names are left alone.
    pub(super) fn keys(&self) -> Result<Vec<Key>, Error> {
        let names = self.directory.names();
        let names = names.map_err(|error| self.failed("read", error))?;
        let keys = names.iter().map(|name| name.as_encoded_bytes());
        Ok(keys.filter_map(key_of).collect())
    }

    fn damaged(&self, name: &str) -> Error {
        Error::corrupt(format!(
            "the record {} is damaged or not one of grantor's: remove it; its token is fetched \
             again, its login has to be made again",
            self.path.join(name).display()
        ))
    }

    fn failed(&self, verb: &str, error: io::Error) -> Error {
        let path = self.path.display();
        let message = format!("the folder of tokens {path} can't be {verb}: {error}");
        Error::unavailable(message, Applied::No).with_source(error)
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let _unlocked = self.0.unlock();
    }
}

fn create(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    platform::create_directory(path)?;
    platform::sync_directory(match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    })
}

/// Two digits for each byte of the key, so that names stay apart on a file system that ignores case.
fn name_of(key: &Key) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let bytes = key.as_bytes().iter();
    let digits = bytes.flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    digits.chain(RECORD.chars()).collect()
}

fn key_of(name: &[u8]) -> Option<Key> {
    let digits = name.strip_suffix(RECORD.as_bytes())?;
    let digit = |digit: &u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect();
    Key::from_bytes(&bytes?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_keys() {
        for bytes in [&b""[..], b"\0", b"aZ\xFF", &[0xA5; 64]] {
            let key = Key::from_bytes(bytes).unwrap();
            assert_eq!(key_of(name_of(&key).as_bytes()), Some(key));
        }
        for foreign in ["draft", "A5.record", "a.record", "letter.txt", "0g.record"] {
            assert_eq!(key_of(foreign.as_bytes()), None, "{foreign}");
        }
    }
}
