//! The stored formats of a record, pinned in files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use grantor_jose::seal::SealingKey;
use serde_json::Value;

use super::Outcome;
use crate::key::{Key, Namespace};
use crate::kinds;
use crate::record::{Record, decode, decode_plain, encode, encode_plain};
use crate::store::Version;

/// Holds the record `R` to the files that have its stored formats, in the folder of `records` that is
/// called as its kind.
///
/// A file `NAME.FORMAT.json` has the JSON behind the format byte; `NAME.FORMAT.hex` has the bytes
/// there, for a format that is no JSON. `NAME.FORMAT.sealed` has in hex everything that a store keeps
/// of a sealed record: under the key of 32 bytes 7, the version of 16 bytes 9, and the identifier
/// `pinned` in the namespace `https://issuer.example`. Files with one name are of one record.
///
/// - There is a file of today's format.
/// - Each file is read, and the record written again is the file of that name in today's format.
/// - An older format without a file is refused, and so are format 0 and a newer one. The error names
///   the record.
///
/// # Errors
/// Everything that does not hold.
pub fn check_formats<R: Record>(records: &Path) -> Result<(), Vec<String>> {
    let folder = &records.join(R::KIND.name());
    let mut wrong = Vec::new();
    let mut note = |outcome: Outcome| wrong.extend(outcome.err());
    let files = match read_folder(folder) {
        Ok(files) => files,
        Err(message) => return Err(vec![message]),
    };
    for name in files.keys().map(|(name, _)| name) {
        let newest = (name.clone(), R::FORMAT);
        if !files.contains_key(&newest) {
            note(Err(format!("{name} has no file of format {}", R::FORMAT)));
        }
    }
    for ((name, format), pinned) in &files {
        let newest = files.get(&(name.clone(), R::FORMAT));
        let outcome = newest.map_or(Ok(()), |newest| pinned.check::<R>(*format, newest));
        note(outcome.map_err(|message| format!("{name}, format {format}: {message}")));
    }
    if files.is_empty() {
        note(Err(format!("{} has no file", folder.display())));
    }
    for format in 0..=R::FORMAT.saturating_add(1) {
        if !files.keys().any(|(_, pinned)| *pinned == format) {
            note(is_refused::<R>(format));
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong),
    }
}

/// Holds a record of grantor's own to its files in `vectors/records` of the repository, for the tests of
/// grantor's crates.
///
/// # Panics
/// A stored format differs from its file, or has none.
#[doc(hidden)]
#[track_caller]
pub fn assert_own_formats<R: Record>() {
    let records = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/records");
    let wrong = check_formats::<R>(Path::new(records))
        .err()
        .unwrap_or_default();
    let is_listed = kinds::SEALED.contains(&R::KIND);
    assert_eq!(R::SEALED, is_listed, "{} in kinds::SEALED", R::NAME);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The pinned bytes of a record in one format.
#[derive(Default)]
struct Pinned {
    /// The bytes after the format byte.
    plain: Option<Vec<u8>>,
    is_json: bool,
    sealed: Option<Vec<u8>>,
}

impl Pinned {
    fn check<R: Record>(&self, format: u8, newest: &Self) -> Outcome {
        let mut of_format = vec![format];
        of_format.extend(
            self.plain
                .as_ref()
                .ok_or("only its sealed form is pinned")?,
        );
        let record = decode_plain::<R>(&of_format).map_err(|error| error.to_string())?;
        let written = encode_plain(&record).map_err(|error| error.to_string())?;
        newest.is_same(written.get(1..).unwrap_or_default())?;
        let Some(sealed) = &self.sealed else {
            return Ok(());
        };
        let (sealing_key, key, version) = sealing::<R>();
        let again = encode(Some(&sealing_key), &key, version, &record);
        let again = again.map_err(|error| error.to_string())?;
        let opened = decode::<R>(Some(&sealing_key), &key, version, sealed);
        let opened =
            opened.map_err(|error| format!("{error}; it is now sealed as {}", hex(&again)))?;
        let written = encode_plain(&opened).map_err(|error| error.to_string())?;
        newest.is_same(written.get(1..).unwrap_or_default())?;
        match newest.sealed.as_deref() == Some(&*again) {
            true => Ok(()),
            false => Err(format!("it is now sealed as {}", hex(&again))),
        }
    }

    fn is_same(&self, written: &[u8]) -> Outcome {
        let pinned = self.plain.as_deref().unwrap_or_default();
        let same = match self.is_json {
            true => {
                let parse = |text: &[u8]| serde_json::from_slice::<Value>(text);
                matches!((parse(pinned), parse(written)), (Ok(a), Ok(b)) if a == b)
            }
            false => pinned == written,
        };
        if same {
            return Ok(());
        }
        let shown = match std::str::from_utf8(written) {
            Ok(text) if self.is_json => text.to_owned(),
            _ => hex(written),
        };
        Err(format!("it is now written as {shown}"))
    }
}

fn sealing<R: Record>() -> (SealingKey, Key, Version) {
    let namespace = Namespace::new("https://issuer.example");
    let key = namespace.key(R::KIND.letters(), b"pinned");
    (SealingKey::new(&[7; 32]), key, Version([9; 16]))
}

fn is_refused<R: Record>(format: u8) -> Outcome {
    let what = format!("format {format} of {}", R::NAME);
    let Err(error) = decode_plain::<R>(&[&[format][..], b"{}"].concat()) else {
        return Err(format!("{what} is read, and no file has it"));
    };
    let kind_is_right = match format {
        0 => error.is_corrupt(),
        _ if format > R::FORMAT => error.is_newer(),
        _ => error.is_configuration(),
    };
    match kind_is_right && error.to_string().contains(R::NAME) {
        true => Ok(()),
        false => Err(format!("{what} is refused with another error: {error}")),
    }
}

type Files = BTreeMap<(String, u8), Pinned>;

fn read_folder(folder: &Path) -> Result<Files, String> {
    let cannot = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    let entries = fs::read_dir(folder).map_err(|error| cannot(folder, error))?;
    let mut files = Files::new();
    for entry in entries {
        let path = entry.map_err(|error| cannot(folder, error))?.path();
        let text = fs::read_to_string(&path).map_err(|error| cannot(&path, error))?;
        let (name, format, kind) = parts(&path)
            .ok_or_else(|| format!("{} is not called NAME.FORMAT.KIND", path.display()))?;
        let pinned = files.entry((name, format)).or_default();
        let bytes = || from_hex(text.trim()).ok_or_else(|| format!("{}: no hex", path.display()));
        match kind.as_str() {
            "json" => {
                pinned.is_json = true;
                pinned.plain = Some(text.into_bytes());
            }
            "hex" => pinned.plain = Some(bytes()?),
            "sealed" => pinned.sealed = Some(bytes()?),
            _ => return Err(format!("{} is of no known kind", path.display())),
        }
    }
    Ok(files)
}

fn parts(path: &Path) -> Option<(String, u8, String)> {
    let mut parts = path.file_name()?.to_str()?.split('.');
    let (name, format, kind) = (parts.next()?, parts.next()?, parts.next()?);
    let none_left = parts.next().is_none();
    none_left.then_some((name.to_owned(), format.parse().ok()?, kind.to_owned()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Code, SigningKey};

    fn check<R: Record>(files: &[(&str, &str)]) -> String {
        let records = tempfile::tempdir().unwrap();
        let folder = records.path().join(R::KIND.name());
        fs::create_dir(&folder).unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
        let wrong = check_formats::<R>(records.path()).err().unwrap_or_default();
        wrong.join("\n")
    }

    #[test]
    fn what_is_written_as_pinned_passes() {
        let file = ("code.1.json", "{\"text\": \"a\", \"expires\": 7}");
        assert_eq!(check::<Code>(&[file]), "");
    }

    #[test]
    fn whatever_differs_is_named() {
        for (files, expected) in [
            (&[][..], "has no file"),
            (&[("code.2.json", "{}")], "code has no file of format 1"),
            (
                &[("code.1.json", "{}")],
                "code, format 1: an authorization code can't be read",
            ),
            (
                &[("code.1.json", "{\"text\":\"a\",\"left\":1}")],
                "it is now written as {\"text\":\"a\",\"expires\":null}",
            ),
            (&[("code.1.hex", "7b7")], "can't be read"),
            (&[("code.json", "{}")], "is not called NAME.FORMAT.KIND"),
        ] {
            let message = check::<Code>(files);
            assert!(message.contains(expected), "{files:?}: {message}");
        }
    }

    #[test]
    fn a_sealed_form_that_changes_is_named() {
        let plain = ("key.1.json", "{\"secret\":\"s\"}");
        let other = ("key.1.sealed", "00");
        assert!(check::<SigningKey>(&[plain, other]).contains("can't be read"));
        let message = check::<SigningKey>(&[plain, ("key.1.sealed", &sealed("another"))]);
        assert!(message.contains("it is now written as"), "{message}");
        let fine = [plain, ("key.1.sealed", &sealed("s"))];
        assert_eq!(check::<SigningKey>(&fine), "");
    }

    fn sealed(secret: &str) -> String {
        let (sealing_key, key, version) = sealing::<SigningKey>();
        let secret = secret.to_owned();
        hex(&encode(Some(&sealing_key), &key, version, &SigningKey { secret }).unwrap())
    }
}
