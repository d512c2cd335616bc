//! Records as tagged fields, for the kinds that are written with each request.
//!
//! A field is a tag of one byte, the length of its value, and the value. The length is one byte;
//! 255 means that four more hold it, the most significant first. A reader skips tags that it does
//! not know, so fields may be added without a new format, as in JSON.

use grantor_core::Timestamp;

/// Appends fields to the bytes of a record: for [`Record::write`](crate::Record::write).
#[derive(Debug)]
pub struct FieldWriter<'a>(&'a mut Vec<u8>);

impl<'a> FieldWriter<'a> {
    /// Appends to `bytes`.
    pub fn new(bytes: &'a mut Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Appends a text or other bytes.
    pub fn push(&mut self, tag: u8, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        self.0.push(tag);
        match u8::try_from(value.len()) {
            Ok(length) if length < LONG => self.0.push(length),
            _ => {
                self.0.push(LONG);
                // A longer value is refused with its record, which may have 256 KiB.
                let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
                self.0.extend_from_slice(&length.to_be_bytes());
            }
        }
        self.0.extend_from_slice(value);
    }

    /// Appends a text, if there is one.
    pub fn push_some(&mut self, tag: u8, value: Option<impl AsRef<[u8]>>) {
        if let Some(value) = value {
            self.push(tag, value);
        }
    }

    /// Appends a time.
    pub fn push_time(&mut self, tag: u8, time: Timestamp) {
        self.push(tag, time.as_millis().to_be_bytes());
    }
}

/// The fields of a record, in the order in which they were written: for
/// [`Record::read`](crate::Record::read).
#[derive(Debug, Clone)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Reads the fields that `bytes` are.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn split(&mut self) -> Option<Field<'a>> {
        let (&[tag, length], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match length {
            LONG => {
                let (length, rest) = rest.split_first_chunk()?;
                (usize::try_from(u32::from_be_bytes(*length)).ok()?, rest)
            }
            length => (usize::from(length), rest),
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Field { tag, value })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, InvalidField>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.split();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field.ok_or(InvalidField))
    }
}

/// One field of a record.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "taken apart by every reader")]
pub struct Field<'a> {
    /// Its tag, of which a record may have several.
    pub tag: u8,
    /// Its value.
    pub value: &'a [u8],
}

impl<'a> Field<'a> {
    /// The value as a text.
    ///
    /// # Errors
    /// It is not UTF-8.
    pub fn text(&self) -> Result<&'a str, InvalidField> {
        std::str::from_utf8(self.value).map_err(|_| InvalidField)
    }

    /// The value as so many bytes.
    ///
    /// # Errors
    /// It has more or fewer.
    pub fn array<const N: usize>(&self) -> Result<[u8; N], InvalidField> {
        self.value.try_into().map_err(|_| InvalidField)
    }

    /// The value as a time.
    ///
    /// # Errors
    /// It is none.
    pub fn time(&self) -> Result<Timestamp, InvalidField> {
        let millis = i64::from_be_bytes(self.array()?);
        Ok(Timestamp::from_millis(millis))
    }
}

impl std::fmt::Debug for Field<'_> {
    /// Without the value, which may be personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Field")
            .field("tag", &self.tag)
            .finish_non_exhaustive()
    }
}

/// The bytes are not fields, a field has a value that it can't have, or one is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "readers report a missing field with it"
)]
pub struct InvalidField;

const LONG: u8 = u8::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    fn written(lengths: &[usize]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut fields = FieldWriter::new(&mut bytes);
        for (tag, length) in (1..).zip(lengths) {
            fields.push(tag, vec![b'x'; *length]);
        }
        bytes
    }

    #[test]
    fn fields_of_every_length_come_back_in_order() {
        let lengths = [0, 1, 254, 255, 256, 70_000, 3];
        let bytes = written(&lengths);
        let read: Vec<_> = Fields::new(&bytes).map(Result::unwrap).collect();
        let found: Vec<_> = read.iter().map(|f| (f.tag, f.value.len())).collect();
        let expected: Vec<_> = (1..).zip(lengths).collect();
        assert_eq!(found, expected);
        assert!(read.iter().all(|f| f.text().is_ok()));
    }

    #[test]
    fn times_and_arrays_have_one_length() {
        let mut bytes = Vec::new();
        let time = Timestamp::from_millis(-1);
        let mut fields = FieldWriter::new(&mut bytes);
        fields.push_time(1, time);
        fields.push_some(2, Some([7; 3]));
        fields.push_some(3, None::<&str>);
        let read: Vec<_> = Fields::new(&bytes).map(Result::unwrap).collect();
        assert_eq!((read.len(), read[0].time()), (2, Ok(time)));
        assert_eq!(read[1].array(), Ok([7; 3]));
        assert_eq!(read[1].array::<4>(), Err(InvalidField));
        assert_eq!(read[1].time(), Err(InvalidField));
        let invalid = Field {
            tag: 1,
            value: b"\xff",
        };
        assert_eq!(invalid.text(), Err(InvalidField));
    }

    #[test]
    fn bytes_that_end_too_early_are_no_fields() {
        let bytes = written(&[3, 300]);
        let whole = [0, 5, bytes.len()];
        for end in (0..=bytes.len()).filter(|end| !whole.contains(end)) {
            let mut fields = Fields::new(&bytes[..end]);
            let bad = fields.by_ref().filter(Result::is_err).count();
            assert_eq!((bad, fields.next().is_none()), (1, true), "{end}");
        }
    }
}
