//! The parameters that OAuth adds to a request (RFC 5849 section 3.1).

use super::encoding::{Encoded, encode};

/// A parameter of the protocol. Both places where it is written have it percent-encoded.
pub(super) struct ProtocolParameter<'a> {
    pub(super) name: &'a str,
    pub(super) encoded_name: Encoded<'a>,
    pub(super) encoded_value: Encoded<'a>,
}

impl<'a> ProtocolParameter<'a> {
    pub(super) fn new(name: &'a str, value: &'a str) -> Self {
        Self {
            name,
            encoded_name: encode(name),
            encoded_value: encode(value),
        }
    }

    /// A parameter whose name is `oauth_` and letters, which stay as they are.
    pub(super) fn of_protocol(name: &'static str, value: &'a str) -> Self {
        Self {
            name,
            encoded_name: Encoded::plain(name),
            encoded_value: encode(value),
        }
    }
}
