//! The answer of the UserInfo endpoint (OpenID Connect Core section 5.3).

use std::fmt;

use grantor_jose::{Error, KeySet, jws};
use http::{HeaderMap, Response, header};
use serde_json::{Map, Value};

use super::IdTokenRules;
use super::tokens::{Plain, TokenDecryption, plain};
use crate::answer::content_coding;
use crate::members::Members;

/// The claims about a user that the UserInfo endpoint answers.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserInfo {
    /// The user's identifier: the same as in the ID token.
    pub subject: String,
    /// All other claims, as `name`, `email`, `email_verified`. Aggregated and distributed claims are
    /// `_claim_names` and `_claim_sources`, as they were sent.
    pub claims: Map<String, Value>,
}

/// The reason why an answer of the UserInfo endpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidUserInfo {
    /// It is no JSON object with each member once.
    Malformed,
    /// It came in this coding, which was not asked for (RFC 9110 section 8.4).
    Compressed(String),
    /// It has no `sub`.
    NoSubject,
    /// `sub` is another user than that of the ID token: nothing of the answer may be used (OpenID Connect
    /// Core section 5.3.2).
    OtherSubject,
    /// Its encryption or its signature.
    Token(Error),
    /// `iss` or `aud` of a signed answer is not that of the login.
    Meant(&'static str),
    /// It is encrypted, and no key to decrypt it was given.
    Encrypted,
    /// It has to be encrypted, and is not.
    NotEncrypted,
}

impl InvalidUserInfo {
    /// Returns whether newer keys of the issuer may make it valid.
    #[must_use]
    pub fn may_have_newer_key(&self) -> bool {
        *self == Self::Token(Error::UnknownKey)
    }
}

impl fmt::Display for InvalidUserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer of the UserInfo endpoint is refused: ")?;
        match self {
            Self::Malformed => f.write_str("it is no JSON object with each member once"),
            Self::Compressed(coding) => {
                write!(
                    f,
                    "it is compressed with \"{coding}\", which was not asked for"
                )
            }
            Self::NoSubject => f.write_str("\"sub\" is missing"),
            Self::OtherSubject => f.write_str("\"sub\" is another user than that of the ID token"),
            Self::Token(error) => error.fmt(f),
            Self::Meant(name) => write!(f, "\"{name}\" is not that of the login"),
            Self::Encrypted => {
                f.write_str("it is encrypted, and the client has no key to decrypt it")
            }
            Self::NotEncrypted => f.write_str("it is not encrypted, as it must be"),
        }
    }
}

impl std::error::Error for InvalidUserInfo {}

impl From<Error> for InvalidUserInfo {
    fn from(error: Error) -> Self {
        Self::Token(error)
    }
}

impl UserInfo {
    /// Reads an answer with status 200: plain JSON, or a JWT that is signed, encrypted, or both.
    ///
    /// `subject` and `issuer` are those of the ID token. `rules` say which algorithms and which keys for
    /// decryption a JWT may have.
    ///
    /// # Errors
    /// Fails for the reasons that [`InvalidUserInfo`] lists; the message holds no value of the answer.
    pub fn from_response<B: AsRef<[u8]>>(
        response: &Response<B>,
        (subject, issuer): (&str, &str),
        rules: &IdTokenRules,
        keys: &KeySet,
    ) -> Result<Self, InvalidUserInfo> {
        if let Some(coding) = content_coding(response.headers()) {
            return Err(InvalidUserInfo::Compressed(coding));
        }
        let body = response.body().as_ref();
        let info = match is_jwt(response.headers()) {
            false if rules.decryption().is_some_and(TokenDecryption::is_required) => {
                return Err(InvalidUserInfo::NotEncrypted);
            }
            false => Self::from_json(body)?,
            true => {
                let text = std::str::from_utf8(body).map_err(|_| InvalidUserInfo::Malformed)?;
                Self::from_jwt(text.trim(), issuer, rules, keys)?
            }
        };
        match info.subject == subject {
            true => Ok(info),
            false => Err(InvalidUserInfo::OtherSubject),
        }
    }

    fn from_jwt(
        token: &str,
        issuer: &str,
        rules: &IdTokenRules,
        keys: &KeySet,
    ) -> Result<Self, InvalidUserInfo> {
        let signed = match plain(token, rules.decryption())? {
            Plain::AsSent(token) => token.to_owned(),
            // Section 5.3.2: an answer may be encrypted without being signed. Its sender is the endpoint
            // that was asked, over TLS, as that of plain JSON is.
            Plain::Decrypted(text, _) if text.trim_start().starts_with('{') => {
                return Self::from_json(text.as_bytes());
            }
            Plain::Decrypted(text, _) => text,
            Plain::NoKey => return Err(InvalidUserInfo::Encrypted),
            Plain::NotEncrypted => return Err(InvalidUserInfo::NotEncrypted),
        };
        let verified = jws::verify(&signed, keys, &rules.algorithms())?;
        let mut info = Self::from_json(&verified.payload)?;
        // "iss" and "aud" should be there; where they are, they are those of the login.
        match info.claims.remove("iss") {
            Some(Value::String(named)) if named == issuer => {}
            None => {}
            Some(_) => return Err(InvalidUserInfo::Meant("iss")),
        }
        let meant = |value: &Value| value.as_str() == Some(rules.client_id());
        match info.claims.remove("aud") {
            Some(Value::Array(audiences)) if audiences.iter().any(meant) => {}
            Some(audience) if meant(&audience) => {}
            None => {}
            Some(_) => return Err(InvalidUserInfo::Meant("aud")),
        }
        Ok(info)
    }

    fn from_json(json: &[u8]) -> Result<Self, InvalidUserInfo> {
        let members = Members::parse(json).ok_or(InvalidUserInfo::Malformed)?;
        let mut claims = members.0;
        match claims.remove("sub") {
            Some(Value::String(subject)) if !subject.is_empty() => Ok(Self { subject, claims }),
            _ => Err(InvalidUserInfo::NoSubject),
        }
    }

    /// A claim that is a text, as `email` or `name`.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }
}

fn is_jwt(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/jwt"))
}

impl fmt::Debug for UserInfo {
    /// Shows the names of claims alone: they say who the user is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserInfo")
            .field("claims", &self.claims.keys())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
