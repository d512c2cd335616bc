//! The first line of a source, which says what the file is about.

use crate::Findings;
use crate::files::Tree;

/// The sources that do not begin with a module's documentation.
pub(crate) fn missing(tree: &Tree) -> Findings {
    let sources = tree.under("crates/").filter(|(name, _)| is_held(name));
    let silent = sources.filter(|(_, text)| !text.starts_with("//!"));
    silent
        .map(|(name, _)| format!("{name} begins with no `//!` line that says what it is"))
        .collect()
}

fn is_held(name: &str) -> bool {
    name.split('/').nth(2) == Some("src") && name.ends_with(".rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_says_nothing_of_itself_is_found() {
        let tree = Tree::of(&[
            ("crates/grantor-a/src/said.rs", "//! Numbers.\n"),
            ("crates/grantor-a/src/silent.rs", "use std::fmt;\n"),
            ("crates/grantor-a/tests/silent.rs", "use std::fmt;\n"),
        ]);
        let expected =
            "crates/grantor-a/src/silent.rs begins with no `//!` line that says what it is";
        assert_eq!(missing(&tree), [expected]);
    }
}
