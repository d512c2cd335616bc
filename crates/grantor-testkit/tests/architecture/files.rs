//! Tidiness of every file in the repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Findings;

/// A file that is longer holds more than one idea.
const LONGEST: usize = 600;
const SOURCES: [&str; 5] = [".rs", ".py", ".mjs", ".sh", ".html"];

/// Data that came from elsewhere, and lists that programs write, are nobody's prose.
const NOT_OURS: [&str; 4] = ["vectors/", "Cargo.lock", "package-lock.json", "/corpus/"];

/// Written in halves, so that this file does not contain what it looks for.
const LEFT_OPEN: [&str; 5] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
];
const REGISTRIES: [&str; 6] = [
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("debian", ".org"),
];
/// Folders that only one machine has. The first character after them makes it a path.
const MACHINES: [&str; 5] = ["/home/", "/root/", "/tmp/", "/Users/", "/work/"];

/// The text files of the repository, by their paths in it.
#[derive(Default)]
pub(crate) struct Tree(BTreeMap<String, String>);

impl Tree {
    /// Reads what git tracks, and what it would track were it added.
    pub(crate) fn read(root: &Path) -> Self {
        let listing = Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .unwrap();
        assert!(listing.status.success(), "this test needs a git checkout");
        let names = String::from_utf8(listing.stdout).unwrap();
        // A file that is tracked but deleted, and one that is not text, have nothing to judge.
        let files = names.lines().filter_map(|name| {
            let text = fs::read_to_string(root.join(name)).ok()?;
            Some((name.to_owned(), text))
        });
        Self(files.collect())
    }

    /// The files in one folder, with their paths.
    pub(crate) fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files()
            .filter(move |(name, _)| name.starts_with(folder))
    }

    /// The text of one file.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| &**text)
    }

    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        Self(files.iter().map(owned).collect())
    }

    pub(crate) fn too_long(&self) -> Findings {
        let sources = self
            .ours()
            .filter(|(name, _)| SOURCES.iter().any(|ending| name.ends_with(ending)));
        let counted = sources.map(|(name, text)| (name, text.lines().count()));
        let long = counted.filter(|(_, lines)| *lines > LONGEST);
        long.map(|(name, lines)| format!("{name} has {lines} lines: split it"))
            .collect()
    }

    pub(crate) fn left_open(&self) -> Findings {
        self.containing(|line| LEFT_OPEN.iter().any(|mark| line.contains(mark)))
    }

    pub(crate) fn places(&self) -> Findings {
        self.containing(|line| {
            REGISTRIES.iter().any(|host| line.contains(host)) || names_machine(line)
        })
    }

    fn containing(&self, matches: impl Fn(&str) -> bool) -> Findings {
        let mut findings = Findings::new();
        for (name, text) in self.ours() {
            for (number, line) in (1..).zip(text.lines()) {
                if matches(line) {
                    findings.push(format!("{name}:{number}: {}", line.trim()));
                }
            }
        }
        findings
    }

    fn ours(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files()
            .filter(|(name, _)| !NOT_OURS.iter().any(|part| name.contains(part)))
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (&**name, &**text))
    }
}

/// Returns whether the line has a path of one machine: at its start or after a sign, so that
/// the path of a URL does not count.
fn names_machine(line: &str) -> bool {
    MACHINES.iter().any(|folder| {
        line.match_indices(folder).any(|(position, _)| {
            let before = line[..position].chars().next_back();
            let after = line[position + folder.len()..].chars().next();
            let starts = before.is_none_or(|c| !c.is_alphanumeric() && !"._-/}".contains(c));
            starts && after.is_some_and(|c| c.is_ascii_lowercase())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_source_is_found_and_a_long_list_is_not() {
        let text = "line\n".repeat(LONGEST + 1);
        let tree = Tree::of(&[
            ("src/a.rs", &text),
            ("Cargo.lock", &text),
            ("notes.md", &text),
        ]);
        assert_eq!(tree.too_long(), ["src/a.rs has 601 lines: split it"]);
        let fitting = "line\n".repeat(LONGEST);
        assert!(Tree::of(&[("src/a.rs", &fitting)]).too_long().is_empty());
    }

    #[test]
    fn what_was_left_open_is_found() {
        let later = format!("fn f() {{\n    {}\n}}", concat!("todo", "!()"));
        let tree = Tree::of(&[
            ("src/a.rs", &later),
            ("vectors/key.txt", concat!("AXX", "XB")),
            ("src/b.rs", "fn g() {}"),
        ]);
        assert_eq!(tree.left_open(), [concat!("src/a.rs:2: todo", "!()")]);
    }

    #[test]
    fn registries_and_machines_are_found() {
        let registry = concat!("see pypi", ".org");
        let machine = concat!("path = \"/ho", "me/ada/grantor\"");
        let tree = Tree::of(&[
            ("a.md", registry),
            ("b.toml", machine),
            ("c.md", "https://host.example/home/page and $HOME/tmp/x"),
            ("package-lock.json", registry),
        ]);
        assert_eq!(
            tree.places(),
            [
                format!("a.md:1: {registry}"),
                format!("b.toml:1: {machine}")
            ]
        );
    }
}
