//! The members of a token set that say when a token ends.

use grantor_core::Timestamp;
use serde_json::{Map, Value};

use super::rfc3339;
use crate::error::Error;

pub(super) type Members = Map<String, Value>;

/// Members with the end of the access token.
pub(super) const ENDS: [(&str, Form); 3] = [
    ("expires_at", Form::SecondsOrDate),
    ("expiry", Form::Date),
    ("expiry_date", Form::Milliseconds),
];

/// Members with the end of the refresh token.
pub(super) const REFRESH_ENDS: [(&str, Form); 2] = [
    ("refresh_expires_at", Form::SecondsOrDate),
    ("refresh_token_expires_at", Form::SecondsOrDate),
];

/// Lifetimes, which say an end only together with the time of the answer. Core reads them.
const LIFETIMES: [&str; 3] = [
    "expires_in",
    "refresh_token_expires_in",
    "refresh_expires_in",
];

pub(super) const FORMS: &str = "\"expires_at\" (seconds since 1970, or a date as RFC 3339 has it), \"expiry\" \
                     (such a date) or \"expiry_date\" (milliseconds since 1970), and for the \
                     refresh token \"refresh_expires_at\"";

/// How an end is written.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// Authlib's, requests-oauthlib's: a number; simple-oauth2's: a date.
    SecondsOrDate,
    /// The date of Go's oauth2.
    Date,
    /// The milliseconds of google-auth-library for Node.js.
    Milliseconds,
}

/// Takes out the one end that there is, whatever its name.
pub(super) fn end(
    members: &mut Members,
    names: &[(&str, Form)],
) -> Result<Option<Timestamp>, Error> {
    let mut found = None;
    for (name, form) in names {
        let Some(value) = members.remove(*name) else {
            continue;
        };
        let end = form.read(&value).ok_or_else(|| unreadable(name))?;
        match (found, end) {
            (Some(other), Some(end)) if other != end => {
                return Err(malformed(&format!(
                    "has two different ends: keep one of {FORMS}"
                )));
            }
            (_, Some(end)) => found = Some(end),
            (_, None) => {}
        }
    }
    Ok(found)
}

impl Form {
    /// Returns none if it can't be read; `Some(None)` if it says that there is no end.
    fn read(self, value: &Value) -> Option<Option<Timestamp>> {
        match (self, value) {
            (Self::Date | Self::SecondsOrDate, Value::String(text)) if text.contains('-') => {
                // Go's oauth2 writes its zero time where a token has no end.
                if text.starts_with("0001-01-01T00:00:00") {
                    return Some(None);
                }
                let end = rfc3339::parse(text)?;
                (end >= Timestamp::default()).then_some(Some(end))
            }
            (Self::Date, _) => None,
            (Self::SecondsOrDate, _) => millis(number(value)? * 1000.0).map(Some),
            (Self::Milliseconds, _) => millis(number(value)?).map(Some),
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn millis(millis: f64) -> Option<Timestamp> {
    // Beyond the year 9999 nothing is meant.
    if !(0.0..253_402_300_800_000.0).contains(&millis) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is within bounds")]
    Some(Timestamp::from_millis(millis as i64))
}

/// An end that is not read would make a token look endless.
pub(super) fn reject_unknown_ends(members: &Members) -> Result<(), Error> {
    let unknown = members.iter().find(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let is_end = name.contains("expir") || name == "exp" || name.ends_with("_exp");
        is_end && !is_lifetime(&name) && !value.is_boolean()
    });
    unknown.map_or(Ok(()), |(name, _)| Err(unreadable(name)))
}

/// Returns whether a member says how long something is valid: those of a token response and the
/// likes of `ext_expires_in`.
pub(super) fn is_lifetime(name: &str) -> bool {
    LIFETIMES.contains(&name) || name.ends_with("_expires_in")
}

fn unreadable(name: &str) -> Error {
    malformed(&format!(
        "has an end in \"{name}\" that can't be read: an end is {FORMS}"
    ))
}

pub(super) fn malformed(what: &str) -> Error {
    Error::configuration(format!("the token set {what}"))
}
