//! The visible characters of a text.

/// Returns whether a character can be seen, alone or with the one before it: no control or format
/// character, such as one that turns the direction of the text, and none that is private or not
/// assigned.
pub(crate) fn is_seen(character: char) -> bool {
    // The standard library escapes those, and marks that have nothing to combine with.
    let mut text = [b'a'; 5];
    let end = 1 + character.len_utf8();
    character.encode_utf8(&mut text[1..]);
    let Ok(text) = std::str::from_utf8(&text[..end]) else {
        return false;
    };
    let escaped = text.escape_debug().count() != 2;
    !escaped || matches!(character, '"' | '\'' | '\\')
}
