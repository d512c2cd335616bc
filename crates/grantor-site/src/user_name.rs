//! The one form in which a user name is stored and looked up.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// A name as it is stored: in Unicode's normalization form C, so that a name typed on another keyboard
/// is the same name; without white space around it; ASCII letters small.
///
/// `None`: it is empty, longer than 128 bytes, or has a character that nobody sees, such as one that
/// turns the direction of the text, so that two names could look like one.
pub(super) fn normalize(name: &str) -> Option<String> {
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(name);
    let name = composed.trim().to_ascii_lowercase();
    let fits = !name.is_empty() && name.len() <= 128;
    (fits && name.chars().all(is_seen)).then_some(name)
}

fn is_seen(character: char) -> bool {
    !matches!(
        CodePointMapData::<GeneralCategory>::new().get(character),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<&str>) {
        assert_eq!(normalize(name).as_deref(), expected, "{name:?}");
    }

    #[test]
    fn forms_of_one_name_are_one_name() {
        check(" Ada ", Some("ada"));
        check("jose\u{301}", Some("jos\u{e9}"));
        check("jos\u{e9}", Some("jos\u{e9}"));
        check("ada@id.example", Some("ada@id.example"));
        check("\u{5e2}\u{5d3}\u{5d4}", Some("\u{5e2}\u{5d3}\u{5d4}"));
    }

    #[test]
    fn characters_that_nobody_sees_are_refused() {
        for hidden in [
            '\0',
            '\n',
            '\u{85}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{e0041}',
            '\u{e000}',
        ] {
            check(&format!("a{hidden}da"), None);
        }
    }

    #[test]
    fn a_name_has_1_to_128_bytes() {
        check("", None);
        check("  ", None);
        check(&"a".repeat(128), Some(&"a".repeat(128)));
        check(&"a".repeat(129), None);
        // Composed they are fewer.
        check(&"e\u{301}".repeat(64), Some(&"\u{e9}".repeat(64)));
    }
}
