//! User codes: their alphabet, their text, their record.

use std::fmt;

use grantor_core::{Environment, Timestamp};
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};

use crate::identifier::Identifier;

/// The code that a device shows and its user types in: eight consonants, so that it spells no word and
/// has no letters that look like digits (RFC 8628 section 6.1). 20^8 codes are 34 bits.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct UserCode(String);

const ALPHABET: &str = "BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;

/// The largest multiple of the alphabet's length among the values of a byte. Bytes above it would make
/// some letters more likely.
const FAIR: u8 = 240;

impl UserCode {
    pub(super) fn draw(environment: &Environment) -> Self {
        let mut code = String::with_capacity(LENGTH);
        while code.len() < LENGTH {
            let drawn: [u8; 16] = environment.random_bytes();
            let fair = drawn.iter().filter(|byte| **byte < FAIR);
            let letters = fair.filter_map(|byte| ALPHABET.chars().nth(usize::from(byte % 20)));
            code.extend(letters.take(LENGTH - code.len()));
        }
        Self(code)
    }

    /// Reads a code as users type it: in small letters too, and with any spaces and dashes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_between = |c: &char| c.is_whitespace() || c.is_ascii_punctuation();
        let mut code = String::with_capacity(LENGTH);
        for c in text.chars().filter(|c| !is_between(c)) {
            let letter = c.to_ascii_uppercase();
            if !ALPHABET.contains(letter) || code.len() == LENGTH {
                return None;
            }
            code.push(letter);
        }
        (code.len() == LENGTH).then_some(Self(code))
    }

    /// Without a dash, for the key of a record.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// In two groups, as devices and pages show it.
    pub(crate) fn to_text(&self) -> String {
        let (first, second) = self.0.split_at(LENGTH / 2);
        format!("{first}-{second}")
    }
}

impl fmt::Debug for UserCode {
    /// Without the code: whoever has it can have a device approved.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode(..)")
    }
}

/// The device that a user code stands for. The record's key is a MAC of the code; creating it where
/// none is decides which of two devices has the code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UserCodeRecord {
    pub(super) device: Identifier,
    pub(super) expires_at: Timestamp,
}

impl Record for UserCodeRecord {
    const KIND: Kind = kinds::USER_CODES;
    const NAME: &'static str = "a user code";

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_however_a_user_types_it() {
        let code = UserCode::parse("WDJB-MJHT").unwrap();
        for typed in ["wdjbmjht", " wdjb mjht ", "WDJB\u{a0}MJHT", "w.d.j.b_mjht"] {
            assert_eq!(UserCode::parse(typed), Some(code.clone()), "{typed}");
        }
        assert_eq!(code.to_text(), "WDJB-MJHT");
        for wrong in [
            "",
            "WDJB",
            "WDJB-MJHTX",
            "WDJA-MJHT",
            "WDJB-MJH1",
            "WDJB-MJH\u{fc}",
        ] {
            assert_eq!(UserCode::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn drawn_codes_use_every_letter_and_are_read_again() {
        let environment = grantor_http::system();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let code = UserCode::draw(&environment);
            assert_eq!(UserCode::parse(&code.to_text()), Some(code.clone()));
            seen.extend(code.as_str().chars());
        }
        assert_eq!(seen.into_iter().collect::<String>(), ALPHABET);
    }

    #[test]
    fn it_is_not_printed() {
        let code = UserCode::parse("WDJB-MJHT").unwrap();
        assert_eq!(format!("{code:?}"), "UserCode(..)");
    }

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<UserCodeRecord>();
    }
}
