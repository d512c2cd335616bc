use serde_json::{Map, Value};

use super::ContentEncryption;

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

    pub(super) fn add_to(&self, members: &mut Map<String, Value>, encryption: ContentEncryption) {
        members.insert("enc".into(), encryption.as_str().into());
        for (name, value) in [("typ", &self.typ), ("cty", &self.content_type)] {
            if let Some(value) = value {
                members.insert(name.into(), value.as_str().into());
            }
        }
    }
}
