//! Detailed authorizations (RFC 9396).

use std::fmt;

use serde_json::{Map, Value};

/// What a client asks for, or was granted, in detail: `authorization_details` (RFC 9396 section 2).
///
/// ```
/// use grantor_core::AuthorizationDetails;
///
/// let details = r#"[{"type":"payment_initiation","instructedAmount":{"currency":"EUR","amount":"10"}}]"#;
/// let details = AuthorizationDetails::parse(details)?;
/// assert_eq!(details.types().collect::<Vec<_>>(), ["payment_initiation"]);
/// # Ok::<(), grantor_core::InvalidAuthorizationDetails>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationDetails(Vec<Map<String, Value>>);

/// The value is no array of objects, each with a `type` that is a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidAuthorizationDetails;

impl fmt::Display for InvalidAuthorizationDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is no JSON array of objects that have a \"type\"")
    }
}

impl std::error::Error for InvalidAuthorizationDetails {}

impl AuthorizationDetails {
    /// Reads a parameter, which is JSON.
    ///
    /// # Errors
    /// It is no array of objects, each with a `type`.
    pub fn parse(text: &str) -> Result<Self, InvalidAuthorizationDetails> {
        let value: Value = serde_json::from_str(text).map_err(|_| InvalidAuthorizationDetails)?;
        Self::from_value(&value)
    }

    /// Reads a member of an answer.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_value(value: &Value) -> Result<Self, InvalidAuthorizationDetails> {
        let objects = value.as_array().ok_or(InvalidAuthorizationDetails)?;
        let object = |value: &Value| {
            let object = value.as_object()?;
            object.get("type")?.as_str()?;
            Some(object.clone())
        };
        let objects: Option<Vec<_>> = objects.iter().map(object).collect();
        objects.map(Self).ok_or(InvalidAuthorizationDetails)
    }

    /// The objects, each with its `type`, in their order.
    #[must_use]
    pub fn objects(&self) -> &[Map<String, Value>] {
        &self.0
    }

    /// The types of the objects, in their order.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        let objects = self.0.iter();
        objects.filter_map(|object| object.get("type")?.as_str())
    }

    /// Returns it as JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.0.iter().cloned().map(Value::Object).collect()
    }
}

impl fmt::Display for AuthorizationDetails {
    /// As the parameter is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_value().fmt(f)
    }
}

impl fmt::Debug for AuthorizationDetails {
    /// Shows the types alone: the rest may be about a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.types()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_has_a_type() {
        let text = r#"[{"type":"a","amount":1.5},{"actions":["read"],"type":"b"}]"#;
        let details = AuthorizationDetails::parse(text).unwrap();
        assert_eq!(details.types().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(
            AuthorizationDetails::parse(&details.to_string()),
            Ok(details.clone())
        );
        assert_eq!(format!("{details:?}"), r#"["a", "b"]"#);
        for bad in [
            "",
            "{}",
            "[1]",
            "[{}]",
            r#"[{"type":1}]"#,
            r#"{"type":"a"}"#,
        ] {
            let refused = AuthorizationDetails::parse(bad);
            assert_eq!(refused, Err(InvalidAuthorizationDetails), "{bad}");
        }
    }
}
