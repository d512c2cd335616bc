//! Reading the challenges of an answer. It goes on behind what is malformed: one challenge that can't be
//! read hides no other.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, header};

use super::AuthenticateChallenge;

impl AuthenticateChallenge {
    /// Reads all challenges of an answer; what is malformed is passed over.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Vec<Self> {
        let values = headers.get_all(header::WWW_AUTHENTICATE);
        let mut challenges = Vec::new();
        for value in values {
            Reader(&text(value)).read(&mut challenges);
        }
        challenges
    }
}

/// RFC 9110 section 5.5: bytes above ASCII are opaque. Servers mean UTF-8 by them, or Latin-1.
fn text(value: &HeaderValue) -> Cow<'_, str> {
    let bytes = value.as_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn read(mut self, challenges: &mut Vec<AuthenticateChallenge>) {
        loop {
            self.0 = self.0.trim_start_matches([' ', '\t', ',']);
            if self.0.is_empty() {
                return;
            }
            let word = self.token();
            let after = self.0.trim_start_matches([' ', '\t']);
            // `name=` belongs to the challenge before it; otherwise a scheme begins.
            match (after.strip_prefix('='), challenges.last_mut()) {
                _ if word.is_empty() => self.skip_element(),
                (Some(rest), Some(challenge)) => {
                    self.0 = rest.trim_start_matches([' ', '\t']);
                    let value = self.value();
                    let name = word.to_ascii_lowercase();
                    challenge.params.push((name, value));
                }
                (Some(_), None) => self.skip_element(),
                (None, _) => {
                    let mut challenge = AuthenticateChallenge::new(word);
                    challenge.token68 = self.token68();
                    challenges.push(challenge);
                }
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

    /// The data behind a scheme (RFC 9110 section 11.2), which a comma or the end follows; a name
    /// with its value is none.
    fn token68(&mut self) -> Option<String> {
        let text = self.0.strip_prefix([' ', '\t'])?;
        let text = text.trim_start_matches([' ', '\t']);
        let is_data = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
        let padded = text.trim_start_matches(is_data);
        let rest = padded.trim_start_matches('=');
        let after = rest.trim_start_matches([' ', '\t']);
        let is_token68 = padded.len() < text.len() && (after.is_empty() || after.starts_with(','));
        if !is_token68 {
            return None;
        }
        self.0 = rest;
        Some(text[..text.len() - rest.len()].to_owned())
    }

    /// Passes over what can't be read, up to a comma that is outside of quotation marks.
    fn skip_element(&mut self) {
        let mut chars = self.0.char_indices();
        let mut quoted = false;
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => quoted = !quoted,
                '\\' if quoted => {
                    chars.next();
                }
                ',' if !quoted => {
                    self.0 = &self.0[at..];
                    return;
                }
                _ => {}
            }
        }
        self.0 = "";
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
