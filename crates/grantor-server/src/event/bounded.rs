//! Texts of events as they may go to a log: a peer may have chosen them.

use std::borrow::Cow;

use crate::text;

/// The most bytes of one text of an event.
const MAX_BYTES: usize = 512;

/// The text if it is short and every character of it is seen; otherwise its beginning, with other
/// characters escaped as in Rust, so that nobody writes lines into a log or turns their direction.
pub(super) fn bounded(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| (b' '..=b'~').contains(&byte);
    if text.len() <= MAX_BYTES && text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::new();
    for character in text.chars() {
        let before = kept.len();
        if text::is_seen(character) {
            kept.push(character);
        } else {
            kept.extend(character.escape_debug());
        }
        if kept.len() > MAX_BYTES {
            kept.truncate(before);
            kept.push('…');
            break;
        }
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(bounded(text), expected);
    }

    #[test]
    fn a_short_text_stays_as_it_is() {
        check("", "");
        check("\"scope\" is 'a\\b'", "\"scope\" is 'a\\b'");
        check("Müller", "Müller");
        check(&"x".repeat(512), &"x".repeat(512));
    }

    #[test]
    fn a_long_text_is_cut_and_unseen_characters_are_escaped() {
        check(&"x".repeat(300_000), &format!("{}…", "x".repeat(512)));
        check("a\nb\u{1b}[2J", "a\\nb\\u{1b}[2J");
        check("a\u{202e}b\u{200b}", "a\\u{202e}b\\u{200b}");
        assert!(bounded(&"\u{202e}".repeat(1000)).len() <= MAX_BYTES + '…'.len_utf8());
    }
}
