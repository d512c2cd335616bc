//! The parameters that OAuth adds to a request (RFC 5849 section 3.1).

use super::encoding::{encode_into, encode_twice_into, is_plain};

/// A parameter of the protocol.
#[derive(Clone, Copy)]
pub(super) struct ProtocolParameter<'a> {
    pub(super) name: &'a str,
    value: &'a str,
    /// Percent-encoding changes neither name nor value, as in most of them. Both places where a parameter
    /// is written ask.
    is_plain: bool,
}

impl<'a> ProtocolParameter<'a> {
    pub(super) fn new(name: &'a str, value: &'a str) -> Self {
        Self {
            name,
            value,
            is_plain: is_plain(name.as_bytes()) && is_plain(value.as_bytes()),
        }
    }

    /// A parameter whose name is `oauth_` and letters.
    pub(super) fn of_protocol(name: &'static str, value: &'a str) -> Self {
        Self {
            name,
            value,
            is_plain: is_plain(value.as_bytes()),
        }
    }

    /// Writes name and value percent-encoded, with a separator between them.
    pub(super) fn encode_into(&self, separator: &[u8], encoded: &mut Vec<u8>) {
        self.write(encode_into, separator, encoded);
    }

    /// Writes name and value as they are in a base string, with a separator between them. Returns where
    /// the value begins.
    pub(super) fn encode_twice_into(&self, separator: &[u8], encoded: &mut Vec<u8>) -> usize {
        self.write(encode_twice_into, separator, encoded)
    }

    fn write(
        &self,
        encode: impl Fn(&[u8], &mut Vec<u8>),
        separator: &[u8],
        encoded: &mut Vec<u8>,
    ) -> usize {
        let put = |text: &str, encoded: &mut Vec<u8>| match self.is_plain {
            true => encoded.extend_from_slice(text.as_bytes()),
            false => encode(text.as_bytes(), encoded),
        };
        put(self.name, encoded);
        encoded.extend_from_slice(separator);
        let value = encoded.len();
        put(self.value, encoded);
        value
    }
}
