//! The folder, held open: whatever is moved or linked around it, the records stay those in there.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use grantor_core::Timestamp;
use rustix::fs::{AtFlags, Dir, Mode, OFlags, open, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::format::{LONGEST, Unreadable, decode, encode};
use crate::{Applied, Durability, Entry, Error, Key, Put};

const RECORD: &str = ".record";
/// What is written before it is moved to its place. Only the holder of the lock writes it.
const DRAFT: &str = "draft";
/// In milliseconds since 1970, as text.
const NEWEST_TIME: &str = "newest-time";
const LONGEST_PAUSE: Duration = Duration::from_millis(5);

pub(super) struct Folder {
    path: PathBuf,
    handle: File,
    durability: Durability,
}

/// The right to change the folder, until it is dropped.
pub(super) struct Locked<'a>(&'a File);

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
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = open(path, flags, Mode::empty()).map_err(io::Error::from);
        let handle = opened.map(File::from).map_err(|error| {
            let why = format!(
                "can't be opened ({error}): it must be a folder of this user, and no symbolic link"
            );
            wrong(why).with_source(error)
        })?;
        let metadata = handle.metadata();
        let mode = metadata.map(|metadata| metadata.mode() & 0o7777);
        match mode {
            Ok(mode) if mode & 0o077 == 0 => Ok(Self {
                path: path.to_owned(),
                handle,
                durability,
            }),
            Ok(mode) => Err(wrong(format!(
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
            match self.handle.try_lock() {
                Ok(()) => return Ok(Locked(&self.handle)),
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
        // Without NONBLOCK a pipe in the place of a record would hold us for ever.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.handle, &name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP | Errno::NXIO) => return Err(self.damaged(&name)),
            Err(error) => return Err(self.failed("read", error.into())),
        };
        let metadata = file.metadata();
        let metadata = metadata.map_err(|error| self.failed("read", error))?;
        if !metadata.is_file() || metadata.len() > LONGEST as u64 {
            return Err(self.damaged(&name));
        }
        let mode = metadata.mode() & 0o7777;
        if mode & 0o077 != 0 {
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
        let written = self.write_draft(&encode(put)).and_then(|()| {
            renameat(&self.handle, DRAFT, &self.handle, name_of(&put.key)).map_err(io::Error::from)
        });
        written.map_err(|error| {
            let _gone = unlinkat(&self.handle, DRAFT, AtFlags::empty());
            self.failed("written", error)
        })
    }

    /// The newest time that was saved; none, if none was or it can't be read.
    pub(super) fn newest_time(&self) -> Option<Timestamp> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(&self.handle, NEWEST_TIME, flags, Mode::empty()).ok()?;
        let mut text = String::new();
        File::from(file).take(32).read_to_string(&mut text).ok()?;
        text.trim().parse().ok().map(Timestamp::from_millis)
    }

    /// Saves the newest time for the next start. Needs the lock.
    pub(super) fn save_time(&self, newest: Timestamp) -> io::Result<()> {
        self.write_draft(newest.as_millis().to_string().as_bytes())?;
        renameat(&self.handle, DRAFT, &self.handle, NEWEST_TIME).map_err(io::Error::from)
    }

    fn write_draft(&self, bytes: &[u8]) -> io::Result<()> {
        // One that is there was left by a process that was killed.
        match unlinkat(&self.handle, DRAFT, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let owner = Mode::RUSR | Mode::WUSR;
        let mut file = File::from(openat(&self.handle, DRAFT, flags, owner)?);
        file.write_all(bytes)?;
        match self.durability {
            Durability::Process => Ok(()),
            _ => file.sync_all(),
        }
    }

    /// Deletes a record. Whether there was one. Needs the lock.
    pub(super) fn delete(&self, key: &Key) -> Result<bool, Error> {
        match unlinkat(&self.handle, name_of(key), AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(self.failed("written", error.into())),
        }
    }

    /// Sees to it that what was written and deleted stays so.
    pub(super) fn sync(&self) -> io::Result<()> {
        match self.durability {
            Durability::Process => Ok(()),
            _ => self.handle.sync_all(),
        }
    }

    /// The keys of all records, in no order. Files with other names are left alone.
    pub(super) fn keys(&self) -> Result<Vec<Key>, Error> {
        let failed = |error: Errno| self.failed("read", error.into());
        let mut keys = Vec::new();
        for entry in Dir::read_from(&self.handle).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            keys.extend(key_of(entry.file_name().to_bytes()));
        }
        Ok(keys)
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
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
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
