//! Where a token is in what a file or a URL has.

use grantor_core::Secret;
use serde_json::Value;

use crate::error::Error;

/// The form in which a file or a URL has a token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WorkloadTokenFormat {
    /// The text is the token.
    #[default]
    Text,
    /// The token is this member of a JSON object.
    Json {
        /// Its name.
        field: String,
    },
}

impl WorkloadTokenFormat {
    /// The member of this name of a JSON object.
    pub fn json(field: impl Into<String>) -> Self {
        Self::Json {
            field: field.into(),
        }
    }

    /// Reads the token. No message repeats what is read.
    pub(super) fn read(&self, bytes: &[u8], source: &str) -> Result<Secret, Error> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match self {
            Self::Text => {
                let text = std::str::from_utf8(bytes)
                    .map_err(|_| Error::refused(format!("{source} has no token: it is no text")))?;
                Ok(Secret::new(text.trim()))
            }
            Self::Json { field } => {
                let object: Result<Value, _> = serde_json::from_slice(bytes);
                let object = object.map_err(|_| {
                    // A file may be read while it is written.
                    Error::transient(format!("{source} has no JSON"))
                })?;
                let token = object.get(field).and_then(Value::as_str);
                let token = token.ok_or_else(|| {
                    Error::configuration(format!("{source} has no text in its member {field:?}"))
                })?;
                Ok(Secret::new(token.trim()))
            }
        }
    }
}
