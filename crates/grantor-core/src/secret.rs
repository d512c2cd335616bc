//! Texts that may not be shown.

use grantor_jose::digest::constant_time_eq;
use zeroize::Zeroizing;

/// A token, code, verifier, password or client secret.
///
/// Its `Debug` shows nothing, it has no `Display` and no `Serialize`, it is wiped when dropped, and
/// it compares in constant time. [`expose`](Self::expose) is the only way out.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text of a secret.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    /// The secret itself. Every call is a place where it could leak.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        constant_time_eq(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for Secret {}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self::new(secret)
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self::new(secret)
    }
}

impl From<&String> for Secret {
    fn from(secret: &String) -> Self {
        Self::new(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_made_of_any_text() {
        let text = String::from("a");
        let all: [Secret; 3] = [(&text).into(), text.as_str().into(), text.clone().into()];
        assert!(all.iter().all(|secret| secret.expose() == "a"));
    }

    #[test]
    fn debug_shows_nothing() {
        let text = format!("{:?}", Some(Secret::new("hunter2")));
        assert_eq!(text, "Some(Secret(..))");
    }

    #[test]
    fn compares_by_content() {
        assert_eq!(Secret::new("a"), Secret::new("a"));
        assert_ne!(Secret::new("a"), Secret::new("b"));
        assert_ne!(Secret::new("a"), Secret::new("ab"));
    }
}
