use std::sync::OnceLock;

use super::{ContentEncryption, KeyManagement};
use crate::{base64url, json};

/// What a header of a JWE says beside algorithms and keys.
#[derive(Debug, Clone, Default)]
pub struct Header {
    typ: Option<String>,
    content_type: Option<String>,
}

impl Header {
    /// A header without further members.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            typ: None,
            content_type: None,
        }
    }

    /// Says what kind of token it is.
    #[must_use]
    pub fn with_typ(self, typ: impl Into<String>) -> Self {
        Self {
            typ: Some(typ.into()),
            ..self
        }
    }

    /// Says what the content is: `cty`, which is `JWT` for a signed token inside.
    #[must_use]
    pub fn with_content_type(self, content_type: impl Into<String>) -> Self {
        Self {
            content_type: Some(content_type.into()),
            ..self
        }
    }

    /// Appends a protected header, encoded. `recipient` are members of JSON.
    pub(super) fn push(&self, recipient: &[u8], encryption: ContentEncryption, out: &mut Vec<u8>) {
        let start = out.len();
        out.push(b'{');
        out.extend_from_slice(recipient);
        if !recipient.is_empty() {
            out.push(b',');
        }
        out.extend_from_slice(br#""enc":"#);
        json::push_text(encryption.as_str(), out);
        for (name, value) in [("typ", &self.typ), ("cty", &self.content_type)] {
            if let Some(value) = value {
                out.push(b',');
                json::push_text(name, out);
                out.push(b':');
                json::push_text(value, out);
            }
        }
        out.push(b'}');
        base64url::encode_tail(out, start);
    }
}

/// Appends what a header says of a recipient, as members of JSON.
pub(super) fn push_recipient(algorithm: KeyManagement, key_id: &str, json: &mut Vec<u8>) {
    json.extend_from_slice(br#""alg":"#);
    json::push_text(algorithm.as_str(), json);
    if !key_id.is_empty() {
        json.extend_from_slice(br#","kid":"#);
        json::push_text(key_id, json);
    }
}

/// The headers that are the same for many tokens of a key, each encoded when it is first used:
/// without further members, and that of a signed token inside.
#[derive(Default)]
pub(super) struct Headers([[OnceLock<Vec<u8>>; 2]; 6]);

impl Headers {
    pub(super) fn get(
        &self,
        header: &Header,
        encryption: ContentEncryption,
        recipient: impl FnOnce() -> Vec<u8>,
    ) -> Option<&[u8]> {
        let kind = match (&header.typ, header.content_type.as_deref()) {
            (None, None) => 0,
            (None, Some("JWT")) => 1,
            _ => return None,
        };
        let kept = &self.0.get(encryption as usize)?[kind];
        Some(kept.get_or_init(|| {
            let mut encoded = Vec::new();
            header.push(&recipient(), encryption, &mut encoded);
            encoded
        }))
    }
}
