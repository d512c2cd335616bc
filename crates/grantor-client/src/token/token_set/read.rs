//! Token sets as other programs keep them: which members say when a token ends.

use grantor_core::{Timestamp, TokenResponse};
use serde_json::{Map, Value};

use super::TokenSet;
use super::rfc3339;
use crate::error::Error;

type Members = Map<String, Value>;

/// Members with the end of the access token.
const ENDS: [(&str, Form); 3] = [
    ("expires_at", Form::SecondsOrDate),
    ("expiry", Form::Date),
    ("expiry_date", Form::Milliseconds),
];

/// Members with the end of the refresh token.
const REFRESH_ENDS: [(&str, Form); 2] = [
    ("refresh_expires_at", Form::SecondsOrDate),
    ("refresh_token_expires_at", Form::SecondsOrDate),
];

/// Lifetimes, which say an end only together with the time of the answer. Core reads them.
const LIFETIMES: [&str; 3] = [
    "expires_in",
    "refresh_token_expires_in",
    "refresh_expires_in",
];

const FORMS: &str = "\"expires_at\" (seconds since 1970, or a date as RFC 3339 has it), \"expiry\" \
                     (such a date) or \"expiry_date\" (milliseconds since 1970), and for the \
                     refresh token \"refresh_expires_at\"";

/// How an end is written.
#[derive(Clone, Copy)]
enum Form {
    /// Authlib's, requests-oauthlib's: a number; simple-oauth2's: a date.
    SecondsOrDate,
    /// The date of Go's oauth2.
    Date,
    /// The milliseconds of google-auth-library for Node.js.
    Milliseconds,
}

pub(super) fn read(json: &str, obtained_at: Option<Timestamp>) -> Result<TokenSet, Error> {
    let json = json.trim_start_matches('\u{feff}');
    let mut members: Members =
        serde_json::from_str(json).map_err(|_| malformed("is no JSON object"))?;
    members.retain(|_, value| !value.is_null());
    let expires_at = end(&mut members, &ENDS)?;
    let refresh_expires_at = end(&mut members, &REFRESH_ENDS)?;
    reject_unknown_ends(&members)?;
    if obtained_at.is_none() {
        let lifetime = members.keys().find(|name| is_lifetime(name));
        if let Some(name) = lifetime.filter(|_| expires_at.is_none()) {
            return Err(malformed(&format!(
                "has \"{name}\" and no time from which it counts: read it by \
                 \"from_json_obtained_at\", or keep {FORMS}"
            )));
        }
        members.retain(|name, _| !is_lifetime(name));
    }
    let answer = TokenResponse::from_json(members)
        .map_err(|_| malformed("has no \"access_token\", or a malformed \"scope\""))?;
    let read = TokenSet::from_response(&answer, obtained_at.unwrap_or_default());
    Ok(TokenSet {
        expires_at: expires_at.or(read.expires_at),
        refresh_expires_at: refresh_expires_at.or(read.refresh_expires_at),
        ..read
    })
}

/// Takes out the one end that there is, whatever its name.
fn end(members: &mut Members, names: &[(&str, Form)]) -> Result<Option<Timestamp>, Error> {
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
fn reject_unknown_ends(members: &Members) -> Result<(), Error> {
    let unknown = members.iter().find(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let is_end = name.contains("expir") || name == "exp" || name.ends_with("_exp");
        is_end && !is_lifetime(&name) && !value.is_boolean()
    });
    unknown.map_or(Ok(()), |(name, _)| Err(unreadable(name)))
}

/// Returns whether a member says how long something is valid: those of a token response and the
/// likes of `ext_expires_in`.
fn is_lifetime(name: &str) -> bool {
    LIFETIMES.contains(&name) || name.ends_with("_expires_in")
}

fn unreadable(name: &str) -> Error {
    malformed(&format!(
        "has an end in \"{name}\" that can't be read: an end is {FORMS}"
    ))
}

fn malformed(what: &str) -> Error {
    Error::configuration(format!("the token set {what}"))
}

impl TokenSet {
    /// Like [`from_json`](Self::from_json), for tokens that were obtained at this time:
    /// `expires_in` counts from then on, where no end is kept beside it.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use grantor_client::TokenSet;
    /// use grantor_core::Timestamp;
    ///
    /// let kept = r#"{"access_token": "at", "expires_in": 3600}"#;
    /// let obtained_at = Timestamp::from_secs(1_767_222_000);
    /// let tokens = TokenSet::from_json_obtained_at(kept, obtained_at)?;
    /// assert_eq!(tokens.expires_at, Some(obtained_at + Duration::from_secs(3600)));
    /// assert!(TokenSet::from_json(kept).is_err());
    /// # Ok::<(), grantor_client::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json), but for a lifetime without an end.
    pub fn from_json_obtained_at(json: &str, obtained_at: Timestamp) -> Result<Self, Error> {
        read(json, Some(obtained_at))
    }
}

#[cfg(test)]
mod tests;
