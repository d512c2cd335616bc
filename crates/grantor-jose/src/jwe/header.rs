//! The header of an encrypted token (RFC 7516 section 4).

use super::{ContentEncryption, KeyManagement};
use crate::{base64url, json};

/// The header of a JWE without algorithms and keys.
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

    /// A protected header, encoded. `recipient` are members of JSON.
    pub(super) fn encode(&self, recipient: &[u8], encryption: ContentEncryption) -> Vec<u8> {
        let mut out = Vec::with_capacity(USUAL_BYTES + recipient.len() * 7 / 3);
        out.push(b'{');
        out.extend_from_slice(recipient);
        if !recipient.is_empty() {
            out.push(b',');
        }
        out.extend_from_slice(br#""enc":"#);
        json::push_text(encryption.as_str(), &mut out);
        for (name, value) in [("typ", &self.typ), ("cty", &self.content_type)] {
            if let Some(value) = value {
                out.push(b',');
                json::push_text(name, &mut out);
                out.push(b':');
                json::push_text(value, &mut out);
            }
        }
        out.push(b'}');
        base64url::encode_tail(&mut out, 0);
        out
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

/// The headers that are the same for many tokens of a key, encoded once: without further members,
/// and that of a signed token inside.
#[derive(Default)]
pub(super) struct Headers([[Vec<u8>; 2]; 6]);

impl Headers {
    pub(super) fn new(algorithm: KeyManagement, key_id: &str) -> Self {
        let mut recipient = Vec::with_capacity(64 + key_id.len());
        push_recipient(algorithm, key_id, &mut recipient);
        let kinds = [Header::new(), Header::new().with_content_type(NESTED)];
        let mut headers = Self::default();
        for (kept, encryption) in headers.0.iter_mut().zip(ContentEncryption::ALL) {
            for (encoded, header) in kept.iter_mut().zip(&kinds) {
                *encoded = header.encode(&recipient, *encryption);
            }
        }
        headers
    }

    pub(super) fn get(&self, header: &Header, encryption: ContentEncryption) -> Option<&[u8]> {
        let kind = match (&header.typ, header.content_type.as_deref()) {
            (None, None) => 0,
            (None, Some(NESTED)) => 1,
            _ => return None,
        };
        let mut all = self.0.iter().zip(ContentEncryption::ALL);
        let (kept, _) = all.find(|(_, one)| **one == encryption)?;
        Some(&kept[kind])
    }

    /// Returns the encryption and the content type of an encoded header.
    pub(super) fn find(&self, encoded: &str) -> Option<(ContentEncryption, Option<&'static str>)> {
        let mut all = self.0.iter().zip(ContentEncryption::ALL);
        all.find_map(|(kept, encryption)| {
            let kind = kept.iter().position(|one| one == encoded.as_bytes())?;
            Some((*encryption, [None, Some(NESTED)][kind]))
        })
    }
}

/// RFC 7519 section 5.2.
const NESTED: &str = "JWT";

/// Room for the members beside the recipient's, plain and encoded.
const USUAL_BYTES: usize = 128;

#[cfg(test)]
mod tests {
    use super::super::parameters::Parameters;
    use super::*;

    #[test]
    fn what_is_known_of_a_header_is_what_it_says() {
        for algorithm in KeyManagement::ALL {
            for key_id in ["", "one"] {
                let headers = Headers::new(*algorithm, key_id);
                for encryption in ContentEncryption::ALL {
                    for header in [Header::new(), Header::new().with_content_type(NESTED)] {
                        let encoded = headers.get(&header, *encryption).unwrap();
                        let json = base64url::decode(encoded).unwrap();
                        let encoded = std::str::from_utf8(encoded).unwrap();
                        let (found, content_type) = headers.find(encoded).unwrap();
                        let key_id = Some(key_id).filter(|id| !id.is_empty());
                        let said = (*algorithm, found, key_id, content_type);
                        assert_eq!(Parameters::usual(said), Parameters::read(&json).unwrap());
                    }
                }
                assert_eq!(headers.find(""), None);
            }
        }
    }
}
