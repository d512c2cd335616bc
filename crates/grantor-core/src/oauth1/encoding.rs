//! Percent-encoding of what is signed: bytes, since what was percent-encoded need not be UTF-8.

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

/// Every byte as it is in a base string, when it does not stay as it is: encoded, and the `%` of that
/// once more.
const TWICE: [[u8; 5]; 256] = {
    let mut twice = [*b"%2500"; 256];
    let mut byte = 0;
    while byte < 256 {
        twice[byte][3] = HEX[byte >> 4];
        twice[byte][4] = HEX[byte & 15];
        byte += 1;
    }
    twice
};

/// What each byte is worth as a digit of a hexadecimal number; 16, if it is none.
const VALUES: [u8; 256] = {
    let mut values = [16_u8; 256];
    let mut value = 0;
    while value < 16 {
        let digit = HEX[value as usize];
        values[digit as usize] = value;
        values[digit.to_ascii_lowercase() as usize] = value;
        value += 1;
    }
    values
};

/// Returns whether percent-encoding leaves all bytes as they are.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| PLAIN[usize::from(*byte)])
}

/// What was encoded is ASCII.
pub(super) fn text(encoded: Vec<u8>) -> String {
    String::from_utf8(encoded).unwrap_or_default()
}

/// How many bytes there are once they are percent-encoded.
pub(super) fn encoded_length(bytes: &[u8]) -> usize {
    let others = bytes.iter().filter(|byte| !PLAIN[usize::from(**byte)]);
    bytes.len() + 2 * others.count()
}

/// Appends bytes, percent-encoded.
pub(super) fn encode_into(bytes: &[u8], encoded: &mut Vec<u8>) {
    encode_with(bytes, encoded, |[_, _, _, high, low]| [b'%', high, low]);
}

/// Appends bytes as they are in a base string: encoded, and the `%` of that once more.
pub(super) fn encode_twice_into(bytes: &[u8], encoded: &mut Vec<u8>) {
    encode_with(bytes, encoded, |twice| twice);
}

fn encode_with<const N: usize>(
    bytes: &[u8],
    encoded: &mut Vec<u8>,
    form: impl Fn([u8; 5]) -> [u8; N],
) {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| !PLAIN[usize::from(*byte)]) {
        encoded.extend_from_slice(&rest[..at]);
        encoded.extend_from_slice(&form(TWICE[usize::from(rest[at])]));
        rest = &rest[at + 1..];
    }
    encoded.extend_from_slice(rest);
}

/// Where the name of a parameter begins in a base string, its value, and the separator behind it.
#[derive(Clone, Copy)]
pub(super) struct Parameter {
    pub(super) name: usize,
    pub(super) value: usize,
    pub(super) end: usize,
}

/// Appends the parameters of a query or a form as they are in a base string: decoded, `+` as a space (RFC
/// 5849 section 3.4.1.3.1), and encoded twice, with `%3D` and `%26` for `=` and `&`, one after the last
/// parameter too.
pub(super) fn recode_form_into(
    form: &[u8],
    encoded: &mut Vec<u8>,
    parameters: &mut Vec<Parameter>,
) {
    let mut read = 0;
    while read < form.len() {
        let name = encoded.len();
        let mut value = None;
        while let Some(&byte) = form.get(read) {
            read += 1;
            match byte {
                plain if PLAIN[usize::from(plain)] => encoded.push(plain),
                b'&' => break,
                b'=' if value.is_none() => {
                    encoded.extend_from_slice(b"%3D");
                    value = Some(encoded.len());
                }
                b'%' => match form.get(read..read + 2).and_then(hex) {
                    Some(byte) => {
                        read += 2;
                        push_twice(byte, encoded);
                    }
                    None => push_twice(b'%', encoded),
                },
                b'+' => push_twice(b' ', encoded),
                other => push_twice(other, encoded),
            }
        }
        if encoded.len() == name {
            continue;
        }
        let value = value.unwrap_or_else(|| {
            encoded.extend_from_slice(b"%3D");
            encoded.len()
        });
        let end = encoded.len();
        encoded.extend_from_slice(b"%26");
        parameters.push(Parameter { name, value, end });
    }
}

fn push_twice(byte: u8, encoded: &mut Vec<u8>) {
    match PLAIN[usize::from(byte)] {
        true => encoded.push(byte),
        false => encoded.extend_from_slice(&TWICE[usize::from(byte)]),
    }
}

/// The byte that two digits stand for.
fn hex(digits: &[u8]) -> Option<u8> {
    let &[high, low] = digits else { return None };
    let [high, low] = [high, low].map(|digit| VALUES[usize::from(digit)]);
    (high < 16 && low < 16).then_some(high << 4 | low)
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
        let mut encoded = Vec::new();
        encode_into(&all, &mut encoded);
        assert_eq!(encoded.len(), encoded_length(&all));
        assert_eq!(text(encoded), theirs);
        let mut twice = Vec::new();
        encode_twice_into(&all, &mut twice);
        assert_eq!(text(twice), theirs.replace('%', "%25"));
        let plain = all.iter().filter(|byte| is_plain(&[**byte]));
        assert_eq!(plain.count(), 66);
        for form in [
            &theirs,
            "a+b%2B%2b",
            "%",
            "%4",
            "%zz%4G%+1",
            "%%41%41%",
            "\u{e9}\u{3042}",
        ] {
            let spaced = form.replace('+', " ");
            let decoded: Vec<u8> = percent_encoding::percent_decode_str(&spaced).collect();
            let mut recoded = Vec::new();
            recode_form_into(form.as_bytes(), &mut recoded, &mut Vec::new());
            let theirs = percent_encoding::percent_encode(&decoded, OTHERS).to_string();
            let theirs = format!("{}%3D%26", theirs.replace('%', "%25"));
            assert_eq!(text(recoded), theirs, "{form}");
        }
    }

    #[test]
    fn each_parameter_is_read_with_both_separators() {
        let decode = |text: &str| -> Vec<u8> {
            percent_encoding::percent_decode_str(&text.replace('+', " ")).collect()
        };
        let twice = |text: &str| {
            let once = percent_encoding::percent_encode(&decode(text), OTHERS).to_string();
            once.replace('%', "%25")
        };
        for form in [
            "",
            "a=b&a=c",
            "a&b&c&/&%",
            "&&a==b=&&=&=c&d=&",
            "%26=%3D&+=+&%=%4&\u{e9}",
            &"+&".repeat(300),
            &"abcd".repeat(300),
        ] {
            let pairs = form.split('&').filter(|pair| !pair.is_empty());
            let pairs: Vec<_> = pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (twice(name), twice(value)))
                .collect();
            let (mut encoded, mut parameters) = (Vec::new(), Vec::new());
            recode_form_into(form.as_bytes(), &mut encoded, &mut parameters);
            let encoded = text(encoded);
            let read = parameters.iter().map(|parameter| {
                let name = &encoded[parameter.name..parameter.value - "%3D".len()];
                (
                    name.to_owned(),
                    encoded[parameter.value..parameter.end].to_owned(),
                )
            });
            assert_eq!(read.collect::<Vec<_>>(), pairs, "{form}");
            let written = pairs
                .iter()
                .map(|(name, value)| format!("{name}%3D{value}%26"));
            assert_eq!(encoded, written.collect::<String>(), "{form}");
        }
    }
}
