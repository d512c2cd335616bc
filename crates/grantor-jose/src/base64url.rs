//! Strict base64url without padding, as all of JOSE and OAuth use it (RFC 7515 section 2).

use std::borrow::Cow;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::NO_PAD;
use base64::engine::simd::Simd;

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
    ENGINE.encode(bytes)
}

/// Appends the encoding of `bytes` to `out`.
pub fn encode_into(bytes: impl AsRef<[u8]>, out: &mut String) {
    ENGINE.encode_string(bytes, out);
}

/// Decodes `text`.
///
/// # Errors
/// Padding, white space, another alphabet, or trailing bits that are not zero.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, InvalidBase64Url> {
    ENGINE.decode(text).map_err(|_| InvalidBase64Url)
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
    ENGINE.decode_slice(text, out).map_err(|_| InvalidBase64Url)
}

/// Decodes `text` for the time of a call, up to `N` bytes without allocating.
pub(crate) fn decoded<const N: usize, T>(
    text: &str,
    call: impl FnOnce(Cow<'_, [u8]>) -> T,
) -> Result<T, InvalidBase64Url> {
    if text.len() > N / 3 * 4 {
        return decode(text).map(|bytes| call(bytes.into()));
    }
    let mut room = [0; N];
    let length = decode_slice(text, &mut room)?;
    Ok(call(room[..length].into()))
}

/// Appends the encoding of `bytes` to `out`, and of nothing else than characters of base64url.
pub(crate) fn push(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + encoded_length(bytes.len()), 0);
    encode_slice(bytes, &mut out[start..]);
}

/// Replaces what follows `start` with its encoding. What is encoded goes to the room behind it
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
    let written = ENGINE.encode_slice(bytes, room);
    debug_assert!(written.is_ok(), "the room has the length of the encoding");
}

/// Takes the fastest instructions that the machine has.
static ENGINE: LazyLock<Simd> = LazyLock::new(|| Simd::url_safe(NO_PAD));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        for length in (0..300_u32).chain([1000, 5000]) {
            let bytes: Vec<u8> = (0..length).map(|i| (i * 37) as u8).collect();
            let encoded = encode(&bytes);
            assert_eq!(encoded.len(), encoded_length(bytes.len()));
            assert_eq!(decode(&encoded).unwrap(), bytes);
            let found = decoded::<100, _>(&encoded, |bytes| bytes.into_owned());
            assert_eq!(found.unwrap(), bytes);
            let mut pushed = b"x".to_vec();
            push(&bytes, &mut pushed);
            let mut tail = [b"x", bytes.as_slice()].concat();
            encode_tail(&mut tail, 1);
            assert_eq!((&pushed[1..], &tail), (encoded.as_bytes(), &pushed));
        }
    }

    #[test]
    fn rejects_padding_other_alphabets_and_trailing_bits() {
        for bad in ["AA==", "+/8", "A", "AB", " AA", "AA\n"] {
            // Longer texts are decoded with other instructions, in every place of which it stands.
            for before in (0..400).step_by(4) {
                let bad = format!("{}{bad}", "A".repeat(before));
                assert_eq!(decode(&bad), Err(InvalidBase64Url), "{bad:?}");
                let found = decoded::<100, _>(&bad, |_| ());
                assert_eq!(found, Err(InvalidBase64Url), "{bad:?}");
            }
        }
    }

    #[test]
    fn rejects_a_wrong_character_in_every_place_of_a_long_text() {
        for at in 0..256 {
            for wrong in (0..=u8::MAX).filter(|byte| !byte.is_ascii_alphanumeric()) {
                let mut text = [b'A'; 256];
                text[at] = wrong;
                let right = matches!(wrong, b'-' | b'_');
                assert_eq!(decode(text).is_ok(), right, "{wrong} at {at}");
            }
        }
    }

    #[test]
    fn an_array_has_one_length() {
        assert_eq!(decode_array::<2>("AAA").unwrap(), [0, 0]);
        assert_eq!(decode_array::<3>("AAA"), Err(InvalidBase64Url));
        assert_eq!(decode_array::<1>("AAA"), Err(InvalidBase64Url));
    }
}
