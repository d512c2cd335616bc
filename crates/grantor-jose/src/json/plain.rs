//! Objects as most tokens have them, read without looking at anything twice.

use serde_json::{Map, Value};

use super::{Member, Parts, place};

/// Reads an object whose members are texts, lists of texts, whole numbers and truth values, all
/// without escapes, and in which no name occurs twice. Nothing if `text` is anything else, right or
/// wrong: then it takes the reader for all of JSON, which also knows what is wrong.
#[inline]
pub(super) fn read<'j, const N: usize>(text: &'j str, known: &[&str; N]) -> Option<Parts<'j, N>> {
    // Once for the whole, so that a text ends where the next quotation mark is, and so that nothing
    // is read in vain of an object with another in it.
    let inside = text.strip_prefix('{')?;
    let is_other = |byte: u8| (byte < b' ') | (byte == b'\\') | (byte == b'{');
    if inside
        .bytes()
        .fold(false, |found, byte| found | is_other(byte))
    {
        return None;
    }
    let mut rest = Rest(inside);
    let mut aside = [const { None }; N];
    let mut others = Map::new();
    if rest.take(b'}') {
        return rest.0.is_empty().then_some((aside, others));
    }
    loop {
        let name = rest.text()?;
        rest.expect(b':')?;
        let value = rest.value()?;
        let before = match place(name, known) {
            Some(index) => aside[index].replace(value).is_some(),
            None => others.insert(name.to_owned(), value.into()).is_some(),
        };
        if before {
            return None;
        }
        if !rest.take(b',') {
            break;
        }
    }
    rest.expect(b'}')?;
    rest.0.is_empty().then_some((aside, others))
}

/// What is not read yet. Between all that it takes there may be spaces.
struct Rest<'j>(&'j str);

impl<'j> Rest<'j> {
    fn value(&mut self) -> Option<Member<'j>> {
        self.skip_spaces();
        let other = match self.0.as_bytes().first()? {
            b'"' => return self.text().map(|text| Member::Text(text.into())),
            b'0'..=b'9' => self.number()?.into(),
            b'[' => Value::Array(self.texts()?),
            _ => self.truth()?.into(),
        };
        Some(Member::Other(other))
    }

    fn text(&mut self) -> Option<&'j str> {
        self.expect(b'"')?;
        let end = quotation_mark(self.0.as_bytes())?;
        let text = self.0.get(..end)?;
        self.0 = self.0.get(end + 1..)?;
        Some(text)
    }

    fn texts(&mut self) -> Option<Vec<Value>> {
        self.expect(b'[')?;
        let mut texts = vec![self.text()?.into()];
        while self.take(b',') {
            texts.push(self.text()?.into());
        }
        self.expect(b']')?;
        Some(texts)
    }

    /// Without point, exponent and leading zero, and so short that it can't be too great.
    fn number(&mut self) -> Option<u64> {
        let digits = self.0.bytes().take_while(u8::is_ascii_digit);
        let (mut length, mut number) = (0, 0);
        for digit in digits.take(MAX_DIGITS) {
            number = number * 10 + u64::from(digit - b'0');
            length += 1;
        }
        let leading_zero = length > 1 && self.0.starts_with('0');
        self.0 = self.0.get(length..)?;
        // What may not follow a number is found by who reads on.
        (length > 0 && !leading_zero).then_some(number)
    }

    fn truth(&mut self) -> Option<bool> {
        let truths = [("true", true), ("false", false)];
        truths.into_iter().find_map(|(word, truth)| {
            self.0 = self.0.strip_prefix(word)?;
            Some(truth)
        })
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    fn take(&mut self, byte: u8) -> bool {
        self.skip_spaces();
        match self.0.as_bytes().first() {
            Some(first) if *first == byte => {
                self.0 = self.0.get(1..).unwrap_or_default();
                true
            }
            _ => false,
        }
    }

    fn skip_spaces(&mut self) {
        while let Some(rest) = self.0.strip_prefix(' ') {
            self.0 = rest;
        }
    }
}

/// Where the first one is. Eight bytes are looked at together: the lowest that the marks make zero
/// is the lowest whose highest bit the subtraction sets.
fn quotation_mark(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const MARKS: u64 = u64::from_ne_bytes([b'"'; 8]);
    const HIGHEST: u64 = u64::from_ne_bytes([0x80; 8]);
    let (words, last) = bytes.as_chunks();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word) ^ MARKS;
        let zeros = word.wrapping_sub(ONES) & !word & HIGHEST;
        if zeros != 0 {
            return Some(index * 8 + zeros.trailing_zeros() as usize / 8);
        }
    }
    let at = last.iter().position(|byte| *byte == b'"')?;
    Some(words.len() * 8 + at)
}

/// With one digit more than these, a number may be greater than 64 bits.
const MAX_DIGITS: usize = 19;

#[cfg(test)]
mod tests {
    use super::super::whole;
    use super::*;

    const KNOWN: [&str; 3] = ["a", "x", "aud"];

    #[test]
    fn what_it_reads_the_reader_for_all_of_json_reads_alike() {
        for json in [
            "{}",
            "{ }",
            r#"{"a":"1","b":"","é":"ü"}"#,
            r#"{ "a" : 0 , "b" : [ "1" , "2" ] , "x":true,"c":false}"#,
            r#"{"aud":["1"],"b":9999999999999999999,"c":18}"#,
        ] {
            let found = read(json, &KNOWN);
            assert!(found.is_some(), "{json}");
            assert_eq!(found, whole(json, &KNOWN).ok(), "{json}");
        }
    }

    #[test]
    fn whatever_is_changed_in_an_object_it_reads_no_other_and_nothing_that_is_wrong() {
        let json = r#"{"a":"1","aud":["x","b"],"x":10,"b":0, "c":true,"d":false,"xa":"a"}"#;
        let mut read_too = 0;
        for at in 0..=json.len() {
            for new in (b' '..0x7f).chain([0, b'\t', b'\n', b'\r']) {
                for replaced in 0..=5.min(json.len() - at) {
                    let mut json = json.to_owned();
                    let new = char::from(new).to_string();
                    json.replace_range(at..at + replaced, &new);
                    if let Some(found) = read(&json, &KNOWN) {
                        assert_eq!(Some(found), whole(&json, &KNOWN).ok(), "{json}");
                        read_too += 1;
                    }
                }
            }
        }
        assert!(read_too > 1000, "{read_too}");
    }

    #[test]
    fn a_text_ends_at_its_mark_wherever_that_is() {
        for length in 0..40 {
            for letter in ["#", "!", "a", "\x7f", "¢"] {
                let text = letter.repeat(length);
                let json = format!(r#"{{"a":"{text}","x":"{text}"}}"#);
                let found = read(&json, &KNOWN);
                assert!(found.is_some(), "{json}");
                assert_eq!(found, whole(&json, &KNOWN).ok(), "{json}");
            }
        }
    }

    #[test]
    fn all_else_is_left_to_the_reader_for_all_of_json() {
        for json in [
            "",
            "{",
            "[]",
            " {}",
            "{}{}",
            r#"{"a":null}"#,
            r#"{"a":-1}"#,
            r#"{"a":01}"#,
            r#"{"a":1.5}"#,
            r#"{"a":1e3}"#,
            r#"{"a":10000000000000000000}"#,
            r#"{"a":[]}"#,
            r#"{"a":[1]}"#,
            r#"{"a":{}}"#,
            r#"{"\u0061":1}"#,
            "{\"a\":\"\0\"}",
            r#"{"a":1,"a":1}"#,
            r#"{"b":1,"b":"2"}"#,
        ] {
            assert_eq!(read(json, &KNOWN), None, "{json}");
        }
    }
}
