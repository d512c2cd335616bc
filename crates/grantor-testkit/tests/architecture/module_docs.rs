//! The first line of a source, which says what the file is about.

use crate::Findings;
use crate::files::Tree;

/// In these a file may have one item, whose own documentation then says what the file is about.
const WITHOUT: [&str; 5] = [
    "grantor-cli",
    "grantor-core",
    "grantor-listen",
    "grantor-server",
    "grantor-site",
];

/// The sources that do not begin with a module's documentation.
pub(crate) fn missing(tree: &Tree) -> Findings {
    let sources = tree.under("crates/").filter(|(name, _)| is_held(name));
    let silent = sources.filter(|(_, text)| !text.starts_with("//!"));
    silent
        .map(|(name, _)| format!("{name} begins with no `//!` line that says what it is"))
        .collect()
}

fn is_held(name: &str) -> bool {
    let mut parts = name.split('/').skip(1);
    let of_crate = parts.next().unwrap_or_default();
    parts.next() == Some("src") && name.ends_with(".rs") && !WITHOUT.contains(&of_crate)
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
            ("crates/grantor-core/src/silent.rs", "/// A number.\n"),
        ]);
        let expected =
            "crates/grantor-a/src/silent.rs begins with no `//!` line that says what it is";
        assert_eq!(missing(&tree), [expected]);
    }
}
