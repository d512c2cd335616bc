//! Files that are read whole, and so have to end.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// The most that is read of a file.
pub(crate) const LONGEST: u64 = 1024 * 1024;

pub(crate) fn read(path: impl AsRef<Path>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut source = File::open(path)?.take(LONGEST + 1);
    source.read_to_end(&mut bytes)?;
    match bytes.len() as u64 > LONGEST {
        true => Err(Error::new(
            ErrorKind::FileTooLarge,
            "it is longer than 1 MiB",
        )),
        false => Ok(bytes),
    }
}

pub(crate) fn read_text(path: impl AsRef<Path>) -> Result<String> {
    let not_text = |_| Error::new(ErrorKind::InvalidData, "it is not text in UTF-8");
    String::from_utf8(read(path)?).map_err(not_text)
}
