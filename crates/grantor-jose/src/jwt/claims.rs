//! The claims of a token (RFC 7519 section 4).

use std::fmt;

use serde_json::{Map, Value};

use crate::json::{self, Member};
use crate::{Error, Part, Timestamp};

/// The claims of a verified token: the registered ones typed (RFC 7519 section 4.1), the others
/// as they are.
///
/// Which ones are there for certain depends on the [`Policy`](super::Policy) that let the token
/// pass.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Claims {
    /// `iss`.
    pub issuer: Option<String>,
    /// `sub`.
    pub subject: Option<String>,
    /// `aud`, as a list whether it was written as one or not; empty if absent.
    pub audiences: Vec<String>,
    /// `exp`.
    pub expires_at: Option<Timestamp>,
    /// `nbf`.
    pub not_before: Option<Timestamp>,
    /// `iat`.
    pub issued_at: Option<Timestamp>,
    /// `jti`.
    pub jwt_id: Option<String>,
    /// All others.
    pub other: Map<String, Value>,
}

impl Claims {
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, Error> {
        let (known, other) = json::split(payload, Part::Payload, &KNOWN)?;
        let [
            issuer,
            subject,
            audiences,
            expires_at,
            not_before,
            issued_at,
            jwt_id,
        ] = known;
        Ok(Self {
            issuer: read(issuer, "iss", as_text)?,
            subject: read(subject, "sub", as_text)?,
            audiences: read(audiences, "aud", as_texts)?.unwrap_or_default(),
            expires_at: read(expires_at, "exp", |value| as_time(value.other()?))?,
            not_before: read(not_before, "nbf", |value| as_time(value.other()?))?,
            issued_at: read(issued_at, "iat", |value| as_time(value.other()?))?,
            jwt_id: read(jwt_id, "jti", as_text)?,
            other,
        })
    }

    /// Another claim that must be a string if it is there.
    ///
    /// # Errors
    /// [`Error::InvalidClaim`] if it is something else, `null` included.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, Error> {
        match self.other.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Error::InvalidClaim(name)),
        }
    }

    /// Another claim that must be a time in seconds if it is there, such as `auth_time`.
    ///
    /// # Errors
    /// [`Error::InvalidClaim`] if it is something else, `null` included.
    pub fn time(&self, name: &'static str) -> Result<Option<Timestamp>, Error> {
        match self.other.get(name) {
            None => Ok(None),
            Some(value) => as_time(value).map(Some).ok_or(Error::InvalidClaim(name)),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        match name {
            "iss" => self.issuer.is_some(),
            "sub" => self.subject.is_some(),
            "aud" => !self.audiences.is_empty(),
            "exp" => self.expires_at.is_some(),
            "nbf" => self.not_before.is_some(),
            "iat" => self.issued_at.is_some(),
            "jti" => self.jwt_id.is_some(),
            _ => self.other.contains_key(name),
        }
    }
}

impl fmt::Debug for Claims {
    /// Leaves out what says who the user is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("issuer", &self.issuer)
            .field("audiences", &self.audiences)
            .field("expires_at", &self.expires_at)
            .field("not_before", &self.not_before)
            .field("issued_at", &self.issued_at)
            .finish_non_exhaustive()
    }
}

/// RFC 7519 section 4.1.
const KNOWN: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

fn read<T>(
    value: Option<Member<'_>>,
    name: &'static str,
    read: fn(Member<'_>) -> Option<T>,
) -> Result<Option<T>, Error> {
    match value {
        None => Ok(None),
        Some(value) => read(value).map(Some).ok_or(Error::InvalidClaim(name)),
    }
}

/// None of the registered claims means anything when empty.
fn as_text(value: Member<'_>) -> Option<String> {
    let text = value.into_text()?;
    (!text.is_empty()).then(|| text.into_owned())
}

/// RFC 7519 section 4.1.3: "an array of case-sensitive strings" or "a single case-sensitive
/// string".
fn as_texts(value: Member<'_>) -> Option<Vec<String>> {
    match value {
        Member::Other(Value::Array(values)) if !values.is_empty() => values
            .into_iter()
            .map(|value| as_text(value.into()))
            .collect(),
        value => as_text(value).map(|text| vec![text]),
    }
}

/// RFC 7519 section 2: seconds since 1970, "non-integer values can be represented". Numbers out
/// of range saturate, as `as` does with floats.
fn as_time(value: &Value) -> Option<Timestamp> {
    let number = value.as_number()?;
    if let Some(seconds) = number.as_i64() {
        return Some(Timestamp::from_secs(seconds));
    }
    let millis = (number.as_f64()? * 1000.0) as i64;
    Some(Timestamp::from_millis(millis))
}
