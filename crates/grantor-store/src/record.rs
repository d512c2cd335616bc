//! Typed records and their bytes: a format number, then JSON or fields, sealed if the kind asks for
//! it.

use bytes::Bytes;
use grantor_core::Timestamp;
use grantor_jose::seal::{Context, SealError, SealingKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::key::Key;
use crate::kinds::Kind;
use crate::store::Version;

/// A typed record: JSON behind one byte that names its format. A kind that is written with each
/// request may have [`Fields`](crate::Fields) instead.
///
/// Fields may be added (to JSON with `#[serde(default)]`) without a new format, so that servers of two
/// versions can share a store during an upgrade. A change that an older reader would misread gets a
/// new [`FORMAT`](Self::FORMAT), which older readers refuse.
pub trait Record: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind of the record: grantor's own are listed in [`kinds`](crate::kinds).
    const KIND: Kind;
    /// The name of one record in messages.
    const NAME: &'static str;
    /// The newest format that this program writes and reads.
    const FORMAT: u8 = 1;
    /// True if the record is encrypted, and bound to its kind, key and version under the master
    /// key: a thief who can read the store learns nothing, and one who can write to it can't make
    /// up a record. They can still put an old one back.
    const SEALED: bool = false;

    /// When the record is dead; never, if absent.
    fn expires_at(&self) -> Option<Timestamp>;

    /// Appends the record in the newest format: as JSON, unless the kind has another way.
    ///
    /// # Errors
    /// It can't be written.
    fn write(&self, bytes: &mut Vec<u8>) -> Result<(), Error> {
        serde_json::to_writer(bytes, self).map_err(|error| not_written(Self::NAME, &error))
    }

    /// The record that [`write`](Self::write) made these bytes of.
    ///
    /// # Errors
    /// It did not. The message quotes nothing of the record.
    fn read(bytes: &[u8]) -> Result<Self, Error> {
        read_json::<Self, Self>(bytes)
    }

    /// A record that was written in an older format than [`FORMAT`](Self::FORMAT).
    ///
    /// # Errors
    /// This program does not read that format any more, or `bytes` are not of it.
    fn upgrade(format: u8, _bytes: &[u8]) -> Result<Self, Error> {
        Err(Error::configuration(format!(
            "{} has format {format}, which this program does not read any more: open the store with \
             the version of grantor before it first",
            Self::NAME
        )))
    }
}

/// Reads the JSON of a record of kind `R`, in its own type or in that of an older format: for
/// [`Record::upgrade`].
///
/// # Errors
/// It is not of that type. The message quotes nothing of the record.
pub fn read_json<R: Record, T: DeserializeOwned>(json: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(json).map_err(|error| not_read(R::NAME, &error))
}

// The messages are written by functions that are compiled once, rather than once for each kind.

fn not_written(name: &str, error: &serde_json::Error) -> Error {
    Error::corrupt(format!("{name} can't be written: {error}"))
}

fn not_read(name: &str, error: &serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    Error::corrupt(format!(
        "{name} can't be read (line {line}, column {column})"
    ))
}

fn of_unknown_format(name: &str, format: Option<u8>, newest: u8) -> Error {
    match format {
        None => Error::corrupt(format!("{name} is empty")),
        Some(0) => Error::corrupt(format!("{name} has format 0")),
        Some(format) => Error::newer(format!(
            "{name} has format {format}, this program reads up to {newest}: use the newer grantor that wrote it"
        )),
    }
}

/// The bytes that a store keeps of a record, sealed if a key is given.
pub(crate) fn encode<R: Record>(
    sealing_key: Option<&SealingKey>,
    key: &Key,
    version: Version,
    record: &R,
) -> Result<Bytes, Error> {
    let context = context::<R>(key, &version);
    seal(sealing_key, &context, encode_plain(record)?)
}

fn seal(
    sealing_key: Option<&SealingKey>,
    context: &Context<'_>,
    plain: Vec<u8>,
) -> Result<Bytes, Error> {
    let Some(sealing_key) = sealing_key else {
        return Ok(plain.into());
    };
    let plain = Zeroizing::new(plain);
    let sealed = sealing_key.seal(context, &plain);
    let sealed = sealed.map_err(|_| Error::too_large(plain.len()))?;
    Ok(sealed.into())
}

/// The record that [`encode`] made these bytes of.
pub(crate) fn decode<R: Record>(
    sealing_key: Option<&SealingKey>,
    key: &Key,
    version: Version,
    bytes: &[u8],
) -> Result<R, Error> {
    let Some(sealing_key) = sealing_key else {
        return decode_plain(bytes);
    };
    let opened = sealing_key.open(&context::<R>(key, &version), bytes);
    decode_plain(&opened.map_err(|error| not_opened(R::NAME, error))?)
}

fn not_opened(name: &str, error: SealError) -> Error {
    Error::corrupt(format!("{name} can't be read: {error}"))
}

fn context<'a, R: Record>(key: &'a Key, version: &'a Version) -> Context<'a> {
    sealed_for(&const { R::KIND.letters() }, key, version)
}

/// What a sealed record of a kind is bound to.
pub(crate) fn sealed_for<'a>(kind: &'a [u8], key: &'a Key, version: &'a Version) -> Context<'a> {
    Context {
        kind,
        key: key.as_bytes(),
        version: &version.0,
    }
}

/// Room for most records, so that the buffer does not grow.
const TYPICAL_BYTES: usize = 512;

pub(crate) fn encode_plain<R: Record>(record: &R) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(TYPICAL_BYTES);
    bytes.push(R::FORMAT);
    record.write(&mut bytes)?;
    Ok(bytes)
}

pub(crate) fn decode_plain<R: Record>(bytes: &[u8]) -> Result<R, Error> {
    match bytes.split_first() {
        Some((format, bytes)) if *format == R::FORMAT => R::read(bytes),
        Some((format, bytes)) if *format < R::FORMAT && *format > 0 => R::upgrade(*format, bytes),
        _ => Err(of_unknown_format(
            R::NAME,
            bytes.first().copied(),
            R::FORMAT,
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::Class;

    /// The second format of a record that used to count in minutes.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Lifetime {
        seconds: u64,
    }

    #[derive(Deserialize)]
    struct LifetimeInMinutes {
        minutes: u64,
    }

    impl Record for Lifetime {
        const KIND: Kind = Kind::new(*b"xl", "lifetimes", Class::Cache);
        const NAME: &'static str = "a lifetime";
        const FORMAT: u8 = 3;

        fn expires_at(&self) -> Option<Timestamp> {
            None
        }

        fn upgrade(format: u8, json: &[u8]) -> Result<Self, Error> {
            match format {
                2 => {
                    let old: LifetimeInMinutes = read_json::<Self, _>(json)?;
                    let seconds = old.minutes * 60;
                    Ok(Self { seconds })
                }
                _ => Err(Error::configuration("from before the first release")),
            }
        }
    }

    fn check(bytes: &[u8]) -> Result<u64, Error> {
        decode_plain::<Lifetime>(bytes).map(|lifetime| lifetime.seconds)
    }

    #[test]
    fn an_older_format_is_upgraded_and_the_newest_is_not() {
        assert_eq!(check(b"\x03{\"seconds\":7}").unwrap(), 7);
        assert_eq!(check(b"\x02{\"minutes\":2}").unwrap(), 120);
        assert!(check(b"\x02{\"seconds\":7}").unwrap_err().is_corrupt());
        assert!(check(b"\x01{}").unwrap_err().is_configuration());
        assert!(check(b"\x04{}").unwrap_err().is_newer());
        assert!(check(b"\x00{}").is_err());
    }

    #[test]
    fn a_format_that_nobody_reads_any_more_says_what_to_do() {
        let error = crate::testing::Code::upgrade(1, b"{}").unwrap_err();
        assert!(error.is_configuration());
        assert!(
            error.to_string().contains("version of grantor before it"),
            "{error}"
        );
    }
}
