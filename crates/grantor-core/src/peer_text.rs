//! Text of a peer, made fit for a message or a page: it forges no line of a log and moves no cursor.

/// Returns whether a character shows itself where it stands. Those that don't end a line, move the
/// cursor of a terminal, turn the letters around or are not seen at all.
#[must_use]
pub fn is_visible(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The visible characters of a text, at most so many.
#[must_use]
pub fn visible(text: &str, longest: usize) -> String {
    text.chars()
        .filter(|character| is_visible(*character))
        .take(longest)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_taken_out() {
        for hidden in [
            '\0',
            '\n',
            '\r',
            '\t',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{9b}',
            '\u{200b}',
            '\u{200e}',
            '\u{2028}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            assert_eq!(visible(&format!("a{hidden}b"), 9), "ab", "{hidden:?}");
        }
        assert_eq!(visible("é ü 日本 🙂", 9), "é ü 日本 🙂");
        assert_eq!(visible("abcdef", 3), "abc");
    }
}
