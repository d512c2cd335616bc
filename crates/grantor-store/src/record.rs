use bytes::Bytes;
use grantor_core::Timestamp;
use grantor_jose::seal::{Context, SealingKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::{Class, Error, Key, Version};

/// A typed record: JSON behind one byte that names its format.
///
/// Fields may be added (with `#[serde(default)]`) without a new format, so that servers of two
/// versions can share a store during an upgrade. A change that an older reader would misread gets a
/// new [`FORMAT`](Self::FORMAT), which older readers refuse.
pub trait Record: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Two letters in every key of this kind.
    const KIND: [u8; 2];
    /// What it is called in messages.
    const NAME: &'static str;
    /// What it asks of its store.
    const CLASS: Class;
    /// The newest format that this program writes and reads.
    const FORMAT: u8 = 1;
    /// It is encrypted and bound to its kind, key and version under the master key, so that who
    /// can read the store learns nothing and who can write it can't make one up. They can still
    /// put an old one back.
    const SEALED: bool = false;

    /// When the record is dead; never, if absent.
    fn expires_at(&self) -> Option<Timestamp>;
}

/// The bytes that a store keeps of a record, sealed if a key is given.
pub(crate) fn encode<R: Record>(
    sealing_key: Option<&SealingKey>,
    key: &Key,
    version: Version,
    record: &R,
) -> Result<Bytes, Error> {
    let plain = encode_plain(record)?;
    let Some(sealing_key) = sealing_key else {
        // A box of its exact length is one allocation and no spare room in the store.
        return Ok(plain.into_boxed_slice().into());
    };
    let plain = Zeroizing::new(plain);
    let sealed = sealing_key.seal(&context::<R>(key, &version), &plain);
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
    match sealing_key.open(&context::<R>(key, &version), bytes) {
        Ok(plain) => decode_plain(&plain),
        Err(error) => Err(Error::corrupt(format!(
            "{} can't be read: {error}",
            R::NAME
        ))),
    }
}

fn context<'a, R: Record>(key: &'a Key, version: &'a Version) -> Context<'a> {
    Context {
        kind: &R::KIND,
        key: key.as_bytes(),
        version: &version.0,
    }
}

/// Room for most records, so that the buffer does not grow.
const TYPICAL_BYTES: usize = 512;

fn encode_plain<R: Record>(record: &R) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(TYPICAL_BYTES);
    bytes.push(R::FORMAT);
    serde_json::to_writer(&mut bytes, record)
        .map_err(|error| Error::corrupt(format!("{} can't be written: {error}", R::NAME)))?;
    Ok(bytes)
}

fn decode_plain<R: Record>(bytes: &[u8]) -> Result<R, Error> {
    match bytes.split_first() {
        Some((format, json)) if *format <= R::FORMAT && *format > 0 => serde_json::from_slice(json)
            .map_err(|error| {
                // The position says enough; the text of the error may quote the record.
                let (line, column) = (error.line(), error.column());
                Error::corrupt(format!(
                    "{} can't be read (line {line}, column {column})",
                    R::NAME
                ))
            }),
        Some((format, _)) => Err(Error::newer(format!(
            "{} has format {format}, this program reads up to {}: use the newer grantor that wrote it",
            R::NAME,
            R::FORMAT
        ))),
        None => Err(Error::corrupt(format!("{} is empty", R::NAME))),
    }
}
