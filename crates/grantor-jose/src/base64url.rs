//! Strict base64url without padding, as all of JOSE and OAuth use it (RFC 7515 section 2).

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{Error, Part};

/// The text is not base64url without padding, or not in its canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidBase64Url;

impl std::fmt::Display for InvalidBase64Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not canonical base64url without padding")
    }
}

impl std::error::Error for InvalidBase64Url {}

/// Encodes `bytes`.
#[must_use]
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref();
    let mut out = String::with_capacity(encoded_length(bytes.len()));
    encode_into(bytes, &mut out);
    out
}

/// Appends the encoding of `bytes` to `out`.
pub fn encode_into(bytes: impl AsRef<[u8]>, out: &mut String) {
    let bytes = bytes.as_ref();
    if bytes.len() >= LONG {
        return wide().encode_string(bytes, out);
    }
    let mut room = [0; encoded_length(LONG)];
    let room = &mut room[..encoded_length(bytes.len())];
    encode_slice(bytes, room);
    let text = std::str::from_utf8(room);
    debug_assert!(text.is_ok(), "the alphabet is ASCII");
    out.push_str(text.unwrap_or_default());
}

/// Decodes `text`.
///
/// # Errors
/// Padding, white space, another alphabet, or trailing bits that are not zero.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, InvalidBase64Url> {
    decode_with(None, text.as_ref())
}

fn decode_with(kept: Option<&Wide>, text: &[u8]) -> Result<Vec<u8>, InvalidBase64Url> {
    // Filled in place, because asking for memory that is zero takes longer.
    let mut out = Vec::with_capacity(base64::decoded_len_estimate(text.len()));
    let done = match kept {
        _ if text.len() < LONG => URL_SAFE_NO_PAD.decode_vec(text, &mut out),
        Some(Wide(engine)) => engine.decode_vec(text, &mut out),
        None => wide().decode_vec(text, &mut out),
    };
    done.map_err(|_| InvalidBase64Url)?;
    Ok(out)
}

/// Decodes `text` into exactly `N` bytes.
///
/// # Errors
/// As [`decode`], and another length.
pub fn decode_array<const N: usize>(text: impl AsRef<[u8]>) -> Result<[u8; N], InvalidBase64Url> {
    let mut out = [0; N];
    match decode_slice(text, &mut out)? {
        written if written == N => Ok(out),
        _ => Err(InvalidBase64Url),
    }
}

/// Decodes `text` to the start of `out`; returns the length. It is also an error if `out` is
/// shorter.
pub(crate) fn decode_slice(
    text: impl AsRef<[u8]>,
    out: &mut [u8],
) -> Result<usize, InvalidBase64Url> {
    decode_slice_with(None, text.as_ref(), out)
}

fn decode_slice_with(
    kept: Option<&Wide>,
    text: &[u8],
    out: &mut [u8],
) -> Result<usize, InvalidBase64Url> {
    let length = match kept {
        Some(Wide(engine)) if text.len() >= WIDE => engine.decode_slice(text, out),
        None if text.len() >= LONG => wide().decode_slice(text, out),
        _ => URL_SAFE_NO_PAD.decode_slice(text, out),
    };
    length.map_err(|_| InvalidBase64Url)
}

/// Decodes a part of a token for the time of a call, up to `N` bytes without allocating.
pub(crate) fn decoded<const N: usize, T>(
    part: Part,
    text: &str,
    call: impl FnOnce(Cow<'_, [u8]>) -> Result<T, Error>,
) -> Result<T, Error> {
    decoded_with::<N, T>(None, part, text, call)
}

/// Like [`decoded`], with what a key keeps.
pub(crate) fn decoded_with<const N: usize, T>(
    kept: Option<&Wide>,
    part: Part,
    text: &str,
    call: impl FnOnce(Cow<'_, [u8]>) -> Result<T, Error>,
) -> Result<T, Error> {
    call(decode_to(kept, part, text, &mut [0; N])?)
}

/// Decodes a part of a token into `room`, or into memory of its own where that is too small.
fn decode_to<'a>(
    kept: Option<&Wide>,
    part: Part,
    text: &str,
    room: &'a mut [u8],
) -> Result<Cow<'a, [u8]>, Error> {
    let wrong = |_| Error::Encoding(part);
    if text.len() > room.len() / 3 * 4 {
        return Ok(decode(text).map_err(wrong)?.into());
    }
    let length = decode_slice_with(kept, text.as_bytes(), room).map_err(wrong)?;
    Ok(room[..length].into())
}

/// Appends the encoding of `bytes` to `out`, and of nothing else than characters of base64url.
pub(crate) fn push(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + encoded_length(bytes.len()), 0);
    encode_slice(bytes, &mut out[start..]);
}

/// Replaces the bytes from `start` on with their encoding. The end is encoded to the room behind it
/// first and is then moved to its place, which spares a second buffer.
pub(crate) fn encode_tail(out: &mut Vec<u8>, start: usize) {
    let end = out.len();
    out.resize(end + encoded_length(end - start), 0);
    let (bytes, room) = out.split_at_mut(end);
    encode_slice(&bytes[start..], room);
    out.copy_within(end.., start);
    out.truncate(start + encoded_length(end - start));
}

/// How many characters so many bytes become.
pub(crate) const fn encoded_length(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

/// Fills `room`, which has exactly the length of the encoding of `bytes`.
fn encode_slice(bytes: &[u8], room: &mut [u8]) {
    let written = if bytes.len() < LONG {
        URL_SAFE_NO_PAD.encode_slice(bytes, room)
    } else {
        wide().encode_slice(bytes, room)
    };
    debug_assert!(written.is_ok(), "the room has the length of the encoding");
}

/// The fastest instructions that the machine has, set up once: that takes as long as they take for
/// some hundred bytes, so a key that is used for short tokens keeps them.
#[derive(Clone)]
pub(crate) struct Wide(Fastest);

impl Wide {
    pub(crate) fn new() -> Self {
        Self(wide())
    }

    /// Like [`decode`].
    #[cfg(feature = "jwe")]
    pub(crate) fn decode(&self, text: &str) -> Result<Vec<u8>, InvalidBase64Url> {
        decode_with(Some(self), text.as_bytes())
    }

    /// Like [`push`].
    pub(crate) fn push(&self, bytes: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + encoded_length(bytes.len()), 0);
        self.encode_slice(bytes, &mut out[start..]);
    }

    /// Fills `room`, which has exactly the length of the encoding of `bytes`.
    pub(crate) fn encode_slice(&self, bytes: &[u8], room: &mut [u8]) {
        if bytes.len() < WIDE {
            return encode_slice(bytes, room);
        }
        let written = self.0.encode_slice(bytes, room);
        debug_assert!(written.is_ok(), "the room has the length of the encoding");
    }
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
type Fastest = base64::engine::simd::Simd;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn wide() -> Fastest {
    Fastest::url_safe(base64::engine::general_purpose::NO_PAD)
}

/// Other machines have none.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
type Fastest = base64::engine::GeneralPurpose;

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn wide() -> Fastest {
    URL_SAFE_NO_PAD
}

/// From this length on, wide instructions are worth their setting up.
const LONG: usize = 128;

/// From this length on, they are faster once they are set up.
const WIDE: usize = 48;

#[cfg(test)]
mod tests;
