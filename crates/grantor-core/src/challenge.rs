use std::fmt;

use http::{HeaderMap, HeaderValue, header};

/// One challenge of a `WWW-Authenticate` header (RFC 9110 section 11.6.1, RFC 6750 section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticateChallenge {
    /// The scheme; compare without regard to case.
    pub scheme: String,
    /// Its parameters, names in lower case.
    pub params: Vec<(String, String)>,
}

impl AuthenticateChallenge {
    /// A challenge without parameters.
    pub fn new(scheme: impl Into<String>) -> Self {
        Self {
            scheme: scheme.into(),
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

    /// Whether the scheme is this one.
    #[must_use]
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// As a header; characters that no header may have are left out.
    #[must_use]
    pub fn to_header(&self) -> HeaderValue {
        let text: String = self
            .to_string()
            .chars()
            .filter(|c| matches!(c, '\t' | ' '..='~'))
            .collect();
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
    }

    /// Reads all challenges of an answer; what is malformed is passed over.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Vec<Self> {
        let values = headers.get_all(header::WWW_AUTHENTICATE);
        let mut challenges = Vec::new();
        for value in values {
            if let Ok(text) = value.to_str() {
                Reader(text).read(&mut challenges);
            }
        }
        challenges
    }
}

impl fmt::Display for AuthenticateChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        for (i, (name, value)) in self.params.iter().enumerate() {
            let separator = if i == 0 { " " } else { ", " };
            let value = value.replace('\\', "\\\\").replace('"', "\\\"");
            write!(f, "{separator}{name}=\"{value}\"")?;
        }
        Ok(())
    }
}

struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn read(mut self, challenges: &mut Vec<AuthenticateChallenge>) {
        loop {
            self.0 = self.0.trim_start_matches([' ', '\t', ',']);
            let word = self.token();
            if word.is_empty() {
                return;
            }
            let after = self.0.trim_start_matches([' ', '\t']);
            // `name=` belongs to the challenge before it; otherwise a scheme begins. `token68` data
            // ends in `=` without a value and is passed over.
            match (after.strip_prefix('='), challenges.last_mut()) {
                (Some(rest), Some(challenge)) => {
                    self.0 = rest.trim_start_matches([' ', '\t']);
                    let value = self.value();
                    let name = word.to_ascii_lowercase();
                    challenge.params.push((name, value));
                }
                (Some(_), None) => return,
                (None, _) => challenges.push(AuthenticateChallenge::new(word)),
            }
        }
    }

    fn token(&mut self) -> String {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/".contains(c);
        let end = self.0.find(|c| !is_token(c)).unwrap_or(self.0.len());
        let (token, rest) = self.0.split_at(end);
        self.0 = rest;
        token.to_owned()
    }

    fn value(&mut self) -> String {
        let Some(quoted) = self.0.strip_prefix('"') else {
            return self.token();
        };
        let mut value = String::new();
        let mut chars = quoted.char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.0 = &quoted[i + 1..];
                    return value;
                }
                '\\' => value.extend(chars.next().map(|(_, c)| c)),
                c => value.push(c),
            }
        }
        self.0 = "";
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<AuthenticateChallenge> {
        let mut headers = HeaderMap::new();
        headers.insert(header::WWW_AUTHENTICATE, text.parse().unwrap());
        AuthenticateChallenge::from_headers(&headers)
    }

    #[test]
    fn reads_several_challenges_of_one_header() {
        let challenges = read(r#"Basic realm="a, b", BEARER error="invalid_token", Scope=x ,DPoP"#);
        assert_eq!(challenges.len(), 3);
        assert_eq!(challenges[0].get("realm"), Some("a, b"));
        assert!(challenges[1].is("Bearer"));
        assert_eq!(challenges[1].get("error"), Some("invalid_token"));
        assert_eq!(challenges[1].get("scope"), Some("x"));
        assert!(challenges[2].is("dpop") && challenges[2].params.is_empty());
    }

    #[test]
    fn values_may_hold_quotes() {
        let challenge = AuthenticateChallenge::new("Bearer").with("realm", r#"a"b\c"#);
        let header = challenge.to_header();
        assert_eq!(read(header.to_str().unwrap()), [challenge]);
    }

    proptest! {
        #[test]
        fn round_trips(values in proptest::collection::vec("[ -~]{0,10}", 0..4)) {
            let mut challenge = AuthenticateChallenge::new("Bearer");
            for (i, value) in values.into_iter().enumerate() {
                challenge = challenge.with(&format!("p{i}"), value);
            }
            prop_assert_eq!(read(challenge.to_header().to_str().unwrap()), vec![challenge]);
        }

        #[test]
        fn ends_on_any_text(text in "[ -~]{0,60}") {
            let _ = read(&text);
        }
    }
}
