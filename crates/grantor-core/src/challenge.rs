//! Challenges of a protected resource (RFC 9110 section 11.6.1, RFC 6750 section 3).

#[cfg(feature = "exchange")]
mod read;

use std::fmt;

use http::HeaderValue;

/// One challenge of a `WWW-Authenticate` header (RFC 9110 section 11.6.1, RFC 6750 section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticateChallenge {
    /// The scheme; compare without regard to case.
    pub scheme: String,
    /// Data without a name (RFC 9110 section 11.2), as `Negotiate` has it.
    pub token68: Option<String>,
    /// Its parameters, names in lower case.
    pub params: Vec<(String, String)>,
}

impl AuthenticateChallenge {
    /// A challenge without parameters.
    pub fn new(scheme: impl Into<String>) -> Self {
        Self {
            scheme: scheme.into(),
            token68: None,
            params: Vec::new(),
        }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.params.push((name.to_owned(), value.into()));
        self
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut params = self.params.iter();
        params
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns whether the scheme is this one.
    #[must_use]
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// Returns it as a header; characters that no header may have are left out.
    #[must_use]
    pub fn to_header(&self) -> HeaderValue {
        let text: String = self
            .to_string()
            .chars()
            .filter(|c| matches!(c, '\t' | ' '..='~'))
            .collect();
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
    }
}

impl fmt::Display for AuthenticateChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        if let Some(token68) = &self.token68 {
            write!(f, " {token68}")?;
        }
        for (i, (name, value)) in self.params.iter().enumerate() {
            let is_first = i == 0 && self.token68.is_none();
            let separator = if is_first { " " } else { ", " };
            let value = value.replace('\\', "\\\\").replace('"', "\\\"");
            write!(f, "{separator}{name}=\"{value}\"")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
