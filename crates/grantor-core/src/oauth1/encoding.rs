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

/// Percent-encodes a text.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut encoded = Vec::with_capacity(bytes.len() + bytes.len() / 4);
    encode_into(bytes, &mut encoded);
    text(encoded)
}

/// What was encoded is ASCII.
pub(super) fn text(encoded: Vec<u8>) -> String {
    String::from_utf8(encoded).unwrap_or_default()
}

/// Appends bytes, percent-encoded.
pub(super) fn encode_into(bytes: &[u8], encoded: &mut Vec<u8>) {
    encode_with(b"%", bytes, encoded);
}

/// Appends bytes as they are in a base string: encoded, and the `%` of that once more.
pub(super) fn encode_twice_into(bytes: &[u8], encoded: &mut Vec<u8>) {
    encode_with(b"%25", bytes, encoded);
}

fn encode_with(percent: &[u8], bytes: &[u8], encoded: &mut Vec<u8>) {
    if bytes.iter().all(|byte| PLAIN[usize::from(*byte)]) {
        encoded.extend_from_slice(bytes);
        return;
    }
    for run in bytes.chunk_by(|a, b| PLAIN[usize::from(*a)] && PLAIN[usize::from(*b)]) {
        match run {
            [byte] if !PLAIN[usize::from(*byte)] => {
                encoded.extend_from_slice(percent);
                encoded.extend_from_slice(&digits(*byte));
            }
            plain => encoded.extend_from_slice(plain),
        }
    }
}

fn digits(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|half| HEX[usize::from(half)])
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
        false => {
            let [high, low] = digits(byte);
            encoded.extend_from_slice(&[b'%', b'2', b'5', high, low]);
        }
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
        assert_eq!(encode(&all), theirs);
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
