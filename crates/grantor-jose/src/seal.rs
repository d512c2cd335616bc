//! Sealing of records: AES-256-GCM-SIV under a key of its own for every record.
//!
//! RFC 8452. An attacker who can write to the store can't make or change a sealed record, and
//! can't move one to another key; they can put an old one back, which no cipher prevents.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::digest::MacKey;

/// The first byte of what [`SealingKey::seal`] makes: this construction.
const SCHEME: u8 = 1;

/// The context that a sealed record is bound to. It opens under exactly this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context<'a> {
    /// The kind of the record.
    pub kind: &'a [u8],
    /// Where it is stored.
    pub key: &'a [u8],
    /// 128 random bits drawn for this write.
    pub version: &'a [u8; 16],
}

/// Bytes can't be sealed or opened: another key, another context, or changed bytes. Which of them
/// is not revealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealError;

impl std::fmt::Display for SealError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("sealed under another key, for another place, or changed since")
    }
}

impl std::error::Error for SealError {}

/// A key that seals records.
///
/// The version of each write selects the key of that record (HMAC-SHA-256), so no two writes share
/// a key and a nonce: 2^40 writes under one `SealingKey` meet a repeated version with probability
/// 2^-49. Even then (a restored virtual machine that draws the same random bytes again) SIV reveals
/// only whether two plain texts are the same.
///
/// While a key is replaced, [`opening_also`](Self::opening_also) has the new one open what the old one
/// sealed.
#[derive(Clone)]
pub struct SealingKey {
    seals: MacKey,
    opens_too: Vec<MacKey>,
}

impl SealingKey {
    /// Takes 32 random bytes.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self {
            seals: MacKey::new(secret).derive("seal/1"),
            opens_too: Vec::new(),
        }
    }

    /// Also opens what `other` opens. It seals as before.
    #[must_use]
    pub fn opening_also(mut self, other: Self) -> Self {
        self.opens_too.push(other.seals);
        self.opens_too.extend(other.opens_too);
        self
    }

    /// Returns whether this key itself has sealed this, not one that it opens for.
    #[must_use]
    pub fn has_sealed(&self, context: &Context<'_>, sealed: &[u8]) -> bool {
        open_under(&self.seals, context, sealed).is_ok()
    }

    /// Seals `plaintext` for `context`: one byte that names the construction, the cipher text, 16
    /// bytes of tag.
    ///
    /// # Errors
    /// `plaintext` is longer than the cipher takes (many gigabytes).
    pub fn seal(&self, context: &Context<'_>, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut sealed = Vec::with_capacity(1 + plaintext.len() + AES_256_GCM_SIV.tag_len());
        sealed.push(SCHEME);
        sealed.extend_from_slice(plaintext);
        let tag = record_key(&self.seals, context)?
            .seal_in_place_separate_tag(
                nonce(),
                Aad::from(associated_data(context)),
                &mut sealed[1..],
            )
            .map_err(|_| SealError)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`seal`](Self::seal) made for the same context.
    ///
    /// # Errors
    /// It was made under another key or for another context, or it has been changed.
    pub fn open(
        &self,
        context: &Context<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let mut opened = open_under(&self.seals, context, sealed);
        for key in &self.opens_too {
            if opened.is_ok() {
                break;
            }
            opened = open_under(key, context, sealed);
        }
        opened
    }
}

fn open_under(
    key: &MacKey,
    context: &Context<'_>,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let Some((&SCHEME, cipher_text)) = sealed.split_first() else {
        return Err(SealError);
    };
    let mut bytes = Zeroizing::new(cipher_text.to_vec());
    let length = record_key(key, context)?
        .open_in_place(nonce(), Aad::from(associated_data(context)), &mut bytes)
        .map_err(|_| SealError)?
        .len();
    bytes.truncate(length);
    Ok(bytes)
}

fn record_key(key: &MacKey, context: &Context<'_>) -> Result<LessSafeKey, SealError> {
    let key = Zeroizing::new(key.sign(&[b"record", context.version]));
    let key = UnboundKey::new(&AES_256_GCM_SIV, &*key).map_err(|_| SealError)?;
    Ok(LessSafeKey::new(key))
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey(..)")
    }
}

/// The key is used for one record only, so the nonce carries nothing.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

fn associated_data(context: &Context<'_>) -> Vec<u8> {
    let mut data = Vec::with_capacity(128);
    for part in [context.kind, context.key, &context.version[..]] {
        data.extend_from_slice(&(part.len() as u64).to_be_bytes());
        data.extend_from_slice(part);
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: Context<'static> = Context {
        kind: b"sk",
        key: b"key",
        version: &[1; 16],
    };

    fn key() -> SealingKey {
        SealingKey::new(&[7; 32])
    }

    #[test]
    fn opens_what_it_sealed() {
        for length in [0, 1, 15, 16, 17, 1000] {
            let plaintext = vec![5; length];
            let sealed = key().seal(&CONTEXT, &plaintext).unwrap();
            assert_eq!(sealed.len(), length + 17);
            assert_eq!(*key().open(&CONTEXT, &sealed).unwrap(), plaintext);
        }
    }

    #[test]
    fn the_plain_text_is_not_in_it() {
        let sealed = key().seal(&CONTEXT, b"a signing key").unwrap();
        assert!(!sealed.windows(7).any(|part| part == b"signing"));
    }

    #[test]
    fn opens_under_the_same_key_and_context_only() {
        let sealed = key().seal(&CONTEXT, b"secret").unwrap();
        let other_key = SealingKey::new(&[8; 32]);
        assert_eq!(other_key.open(&CONTEXT, &sealed), Err(SealError));
        for context in [
            Context {
                kind: b"xk",
                ..CONTEXT
            },
            Context {
                key: b"kez",
                ..CONTEXT
            },
            Context {
                version: &[2; 16],
                ..CONTEXT
            },
            // The same bytes in a row, cut elsewhere.
            Context {
                kind: b"skk",
                key: b"ey",
                ..CONTEXT
            },
        ] {
            assert_eq!(key().open(&context, &sealed), Err(SealError));
        }
    }

    #[test]
    fn a_key_opens_for_those_before_it_and_seals_for_itself() {
        let (old, older) = (SealingKey::new(&[6; 32]), SealingKey::new(&[5; 32]));
        let by = |key: &SealingKey| key.seal(&CONTEXT, b"secret").unwrap();
        let new = key().opening_also(old.clone().opening_also(older.clone()));
        for sealed in [by(&older), by(&old), by(&new)] {
            assert_eq!(**new.open(&CONTEXT, &sealed).unwrap(), *b"secret");
        }
        assert_eq!(by(&new), by(&key()));
        assert!(new.has_sealed(&CONTEXT, &by(&new)));
        assert!(!new.has_sealed(&CONTEXT, &by(&old)));
        assert_eq!(old.open(&CONTEXT, &by(&new)), Err(SealError));
    }

    #[test]
    fn every_changed_or_missing_byte_is_noticed() {
        let sealed = key().seal(&CONTEXT, b"secret").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key().open(&CONTEXT, &changed), Err(SealError), "byte {at}");
            assert_eq!(key().open(&CONTEXT, &sealed[..at]), Err(SealError));
        }
    }

    #[test]
    fn each_version_has_its_own_key_stream() {
        let version = [2; 16];
        let other = Context {
            version: &version,
            ..CONTEXT
        };
        let a = key().seal(&CONTEXT, &[0; 64]).unwrap();
        let b = key().seal(&other, &[0; 64]).unwrap();
        assert_ne!(a[1..], b[1..]);
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", key()), "SealingKey(..)");
    }
}
