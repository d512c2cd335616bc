//! Strict base64url without padding, as all of JOSE and OAuth use it (RFC 7515 section 2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

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
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends the encoding of `bytes` to `out`.
pub fn encode_into(bytes: impl AsRef<[u8]>, out: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, out);
}

/// Decodes `text`.
///
/// # Errors
/// Padding, white space, another alphabet, or trailing bits that are not zero.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, InvalidBase64Url> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidBase64Url)
}

/// Decodes `text` into exactly `N` bytes.
///
/// # Errors
/// As [`decode`], and another length.
pub fn decode_array<const N: usize>(text: impl AsRef<[u8]>) -> Result<[u8; N], InvalidBase64Url> {
    let mut out = [0; N];
    match URL_SAFE_NO_PAD.decode_slice(text, &mut out) {
        Ok(n) if n == N => Ok(out),
        _ => Err(InvalidBase64Url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        for length in 0..40u8 {
            let bytes: Vec<u8> = (0..length).map(|i| i.wrapping_mul(37)).collect();
            assert_eq!(decode(encode(&bytes)).unwrap(), bytes);
        }
    }

    #[test]
    fn rejects_padding_other_alphabets_and_trailing_bits() {
        for bad in ["AA==", "+/8", "A", "AB", " AA", "AA\n"] {
            assert_eq!(decode(bad), Err(InvalidBase64Url), "{bad:?}");
        }
    }

    #[test]
    fn an_array_has_one_length() {
        assert_eq!(decode_array::<2>("AAA").unwrap(), [0, 0]);
        assert_eq!(decode_array::<3>("AAA"), Err(InvalidBase64Url));
        assert_eq!(decode_array::<1>("AAA"), Err(InvalidBase64Url));
    }
}
