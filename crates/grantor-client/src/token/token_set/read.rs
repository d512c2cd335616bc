//! Reading of token sets that other programs keep.

use grantor_core::{Timestamp, TokenResponse};

use super::TokenSet;
use super::ends::{
    ENDS, FORMS, Members, REFRESH_ENDS, end, is_lifetime, malformed, reject_unknown_ends,
};
use crate::error::Error;

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
