//! Parameters as they are signed: bytes, since what was percent-encoded need not be UTF-8.

use std::borrow::Cow;

/// The bytes that stay as they are: the unreserved characters of RFC 3986 (RFC 5849 section 3.6).
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        plain[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        byte += 1;
    }
    plain
};

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Percent-encodes a text.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut encoded = Vec::with_capacity(bytes.len() + bytes.len() / 4);
    encode_into(bytes, &mut encoded);
    text(encoded)
}

/// Appends bytes, percent-encoded.
pub(super) fn encode_into(mut bytes: &[u8], encoded: &mut Vec<u8>) {
    while let Some((&first, rest)) = copy_plain(bytes, encoded).split_first() {
        push_encoded(first, encoded);
        bytes = rest;
    }
}

/// What was encoded is ASCII.
pub(super) fn text(encoded: Vec<u8>) -> String {
    String::from_utf8(encoded).unwrap_or_default()
}

/// Appends the bytes up to the first one that has to be encoded, and returns the rest.
fn copy_plain<'a>(bytes: &'a [u8], encoded: &mut Vec<u8>) -> &'a [u8] {
    let other = bytes.iter().position(|byte| !PLAIN[usize::from(*byte)]);
    let (plain, rest) = bytes.split_at(other.unwrap_or(bytes.len()));
    encoded.extend_from_slice(plain);
    rest
}

fn push_encoded(byte: u8, encoded: &mut Vec<u8>) {
    match PLAIN[usize::from(byte)] {
        true => encoded.push(byte),
        false => {
            let digit = |half: u8| HEX[usize::from(half)];
            encoded.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

/// Appends what stands for a byte in a base string: it is encoded there, and the `%` of that once more.
fn push_twice(byte: u8, encoded: &mut Vec<u8>) {
    match PLAIN[usize::from(byte)] {
        true => encoded.push(byte),
        false => {
            let digit = |half: u8| HEX[usize::from(half)];
            encoded.extend_from_slice(&[b'%', b'2', b'5', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

/// Appends bytes as they are in a base string.
fn encode_twice_into(mut bytes: &[u8], encoded: &mut Vec<u8>) {
    while let Some((&first, rest)) = copy_plain(bytes, encoded).split_first() {
        push_twice(first, encoded);
        bytes = rest;
    }
}

/// Decodes a part of a query or a form, in which `+` is a space (RFC 5849 section 3.4.1.3.1), and
/// appends it as it is in a base string.
fn recode_into(mut bytes: &[u8], encoded: &mut Vec<u8>) {
    while let Some((&first, rest)) = copy_plain(bytes, encoded).split_first() {
        let escaped = match rest {
            [high, low, ..] if first == b'%' => hex(*high, *low),
            _ => None,
        };
        let byte = match (first, escaped) {
            (_, Some(byte)) => byte,
            (b'+', None) => b' ',
            (other, None) => other,
        };
        push_twice(byte, encoded);
        bytes = &rest[if escaped.is_some() { 2 } else { 0 }..];
    }
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    };
    Some(digit(high)? << 4 | digit(low)?)
}

/// The parameters of a request, encoded twice as a base string has them. Their order is that of the
/// parameters encoded once: `%` is less than all that stays as it is, and `%25` has it first too.
pub(super) struct Parameters {
    encoded: Vec<u8>,
    /// Where each begins, where its value begins, and where it ends.
    parts: Vec<[usize; 3]>,
}

impl Parameters {
    /// Those of a query and a form.
    pub(super) fn of(query: &str, form: &[u8]) -> Self {
        let length = query.len() + form.len();
        let mut all = Self {
            encoded: Vec::with_capacity(length + length / 4 + 256),
            parts: Vec::with_capacity(32),
        };
        all.read(query.as_bytes());
        all.read(form);
        all
    }

    fn read(&mut self, form: &[u8]) {
        let pairs = form.split(|byte| *byte == b'&');
        for pair in pairs.filter(|pair| !pair.is_empty()) {
            let equals = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = match equals {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &b""[..]),
            };
            self.add(
                |encoded| recode_into(name, encoded),
                |encoded| {
                    recode_into(value, encoded);
                },
            );
        }
    }

    /// Adds one of the protocol.
    pub(super) fn push(&mut self, name: &str, value: &str) {
        self.add(
            |encoded| encode_twice_into(name.as_bytes(), encoded),
            |encoded| encode_twice_into(value.as_bytes(), encoded),
        );
    }

    fn add(&mut self, name: impl FnOnce(&mut Vec<u8>), value: impl FnOnce(&mut Vec<u8>)) {
        let begin = self.encoded.len();
        name(&mut self.encoded);
        let middle = self.encoded.len();
        value(&mut self.encoded);
        self.parts.push([begin, middle, self.encoded.len()]);
    }

    /// Returns whether there is one of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        let is_plain = name.bytes().all(|byte| PLAIN[usize::from(byte)]);
        let name = match is_plain {
            true => Cow::Borrowed(name.as_bytes()),
            false => {
                let mut encoded = Vec::new();
                encode_twice_into(name.as_bytes(), &mut encoded);
                Cow::Owned(encoded)
            }
        };
        let mut names = self.parts.iter();
        names.any(|[begin, middle, _]| self.encoded[*begin..*middle] == *name)
    }

    /// How many bytes they are in a base string.
    pub(super) fn length(&self) -> usize {
        self.encoded.len() + 6 * self.parts.len()
    }

    /// Appends all of them, sorted by name and value (RFC 5849 section 3.4.1.3.2), as the last part of
    /// a base string.
    pub(super) fn write_to(mut self, base_string: &mut Vec<u8>) {
        let encoded = &self.encoded;
        let halves =
            |&[begin, middle, end]: &[usize; 3]| (&encoded[begin..middle], &encoded[middle..end]);
        self.parts
            .sort_unstable_by(|a, b| halves(a).cmp(&halves(b)));
        for (at, part) in self.parts.iter().enumerate() {
            if at > 0 {
                base_string.extend_from_slice(b"%26");
            }
            let (name, value) = halves(part);
            base_string.extend_from_slice(name);
            base_string.extend_from_slice(b"%3D");
            base_string.extend_from_slice(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

    use super::*;

    const OTHERS: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');

    /// As the crate percent-encoding has it, byte by byte.
    #[test]
    fn every_byte_is_encoded_and_read_as_others_do_it() {
        let all: Vec<u8> = (0..=255).collect();
        let theirs = percent_encoding::percent_encode(&all, OTHERS).to_string();
        assert_eq!(encode(&all), theirs);
        for form in [
            &theirs,
            "a+b%2B%2b",
            "%",
            "%4",
            "%zz%4G%+1",
            "%%41%41%",
            "\u{e9}=\u{3042}",
        ] {
            let spaced = form.replace('+', " ");
            let decoded: Vec<u8> = percent_encoding::percent_decode_str(&spaced).collect();
            let mut recoded = Vec::new();
            recode_into(form.as_bytes(), &mut recoded);
            let theirs = percent_encoding::percent_encode(&decoded, OTHERS).to_string();
            assert_eq!(text(recoded), theirs.replace('%', "%25"), "{form}");
        }
    }
}
