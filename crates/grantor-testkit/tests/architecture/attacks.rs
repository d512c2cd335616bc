//! The attacks that SECURITY.md lists, the tests that it and docs/conformance.md name, and the checks that
//! `cargo xtask mutate` turns off.

use std::collections::{BTreeMap, BTreeSet};

use crate::Findings;
use crate::files::Tree;

const SECURITY: &str = "SECURITY.md";
const HEADING: &str = "\n## Attacks, and the tests that hold them off\n";
const CHECKS: &str = "xtask/checks.txt";
const CONFORMANCE: &str = "docs/conformance.md";

/// How many there are: a line that is lost is noticed.
const ATTACKS: usize = 45;

/// Attacks without a number or a test, tests that are nowhere, and checks that do not fit their list.
pub(crate) fn findings(tree: &Tree) -> Findings {
    let mut findings = Findings::new();
    let attacks = attacks(tree.text(SECURITY).unwrap_or_default());
    let numbers: Vec<usize> = attacks.iter().map(|attack| attack.number).collect();
    if numbers != (1..=ATTACKS).collect::<Vec<_>>() {
        findings.push(format!(
            "{SECURITY}: attacks 1 to {ATTACKS} are {numbers:?}"
        ));
    }
    let tests = functions(tree);
    for attack in &attacks {
        if attack.tests.is_empty() && !attack.is_for_later {
            findings.push(format!("{SECURITY}: attack {} has no test", attack.number));
        }
        let missing = attack.tests.iter().filter(|test| !tests.contains(**test));
        let missing = missing.map(|test| format!("{SECURITY}: there is no test {test}"));
        findings.extend(missing);
    }
    let rows = tree.text(CONFORMANCE).unwrap_or_default().lines();
    let rows = rows.filter(|line| line.starts_with('|'));
    let missing = rows.flat_map(names).filter(|test| !tests.contains(test));
    findings.extend(missing.map(|test| format!("{CONFORMANCE}: there is no test {test}")));
    let mut listed = BTreeSet::new();
    let lines = tree.text(CHECKS).unwrap_or_default().lines();
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [number, check, _, path] = words[..] else {
            findings.push(format!("{CHECKS}: not four words: {line}"));
            continue;
        };
        if !listed.insert(check) {
            findings.push(format!("{CHECKS}: {check} is there twice"));
        }
        let test = path.rsplit("::").next().unwrap_or_default();
        let attack = attacks
            .iter()
            .find(|attack| attack.number.to_string() == number);
        if !attack.is_some_and(|attack| attack.tests.contains(&test)) {
            findings.push(format!("{SECURITY}: attack {number} does not name {test}"));
        }
    }
    let switches = switches(tree);
    for (check, path) in &switches {
        if !listed.contains(check) {
            findings.push(format!(
                "{CHECKS}: the check {check} of {path} is not listed"
            ));
        }
    }
    let gone = listed.iter().filter(|check| !switches.contains_key(*check));
    findings.extend(gone.map(|check| format!("{CHECKS}: no code has the check {check}")));
    findings
}

/// An attack of the list.
struct Attack<'t> {
    number: usize,
    tests: Vec<&'t str>,
    is_for_later: bool,
}

fn attacks(text: &str) -> Vec<Attack<'_>> {
    let (_, section) = text.split_once(HEADING).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let attack = |line: &'_ str| -> Option<usize> { line.split_once(". **")?.0.parse().ok() };
    let lines = section
        .lines()
        .filter_map(|line| Some((attack(line)?, line)));
    lines
        .map(|(number, line)| Attack {
            number,
            tests: names(line).collect(),
            is_for_later: line.contains("ater, with "),
        })
        .collect()
}

/// The words in back quotes that can only be functions: with an underscore that leads on to a second.
fn names(line: &str) -> impl Iterator<Item = &str> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted.filter(|word| {
        let is_name = word
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        is_name && word.matches('_').count() > 1
    })
}

/// The functions of all sources.
fn functions(tree: &Tree) -> BTreeSet<&str> {
    let sources = tree
        .under("crates/")
        .filter(|(path, _)| path.ends_with(".rs"));
    let lines = sources.flat_map(|(_, text)| text.lines());
    let name = |line: &'_ str| -> Option<(usize, usize)> {
        let start = line.find("fn ")? + 3;
        let end = start + line[start..].find('(')?;
        Some((start, end))
    };
    lines
        .filter_map(|line| name(line).map(|(start, end)| &line[start..end]))
        .collect()
}

/// The names of the checks that code asks for, and the files that do.
fn switches(tree: &Tree) -> BTreeMap<&str, &str> {
    const CALLS: [&str; 3] = ["holds(", "is_off(", "unless_off("];
    let mut found = BTreeMap::new();
    let sources = tree.under("crates/").filter(|(path, text)| {
        path.contains("/src/") && text.contains("check::") && !path.ends_with("/check.rs")
    });
    for (path, text) in sources {
        for call in CALLS {
            let arguments = text
                .match_indices(call)
                .map(|(at, _)| &text[at + call.len()..]);
            let literals = arguments.filter_map(|rest| rest.trim_start().strip_prefix('"'));
            let names = literals.filter_map(|rest| Some(rest.split_once('"')?.0));
            found.extend(names.map(|name| (name, path)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(checks: &str, list: &str) -> Tree {
        let mut security = format!("# Security\n{HEADING}\n");
        for number in 1..=ATTACKS {
            let text = match number {
                1 => list,
                _ => "**Other.** Later, with more.",
            };
            security.push_str(&format!("{number}. {text}\n"));
        }
        let code = "use grantor_jose::check::holds;\nfn f() { holds(\n \"door.lock\", true) }";
        Tree::of(&[
            ("SECURITY.md", &security),
            ("xtask/checks.txt", checks),
            ("crates/a/src/lib.rs", code),
            ("crates/a/tests/it.rs", "fn no_door_opens() {}"),
        ])
    }

    #[test]
    fn a_list_that_fits_is_no_finding() {
        let tree = tree(
            "# of doors\n1 door.lock a it::no_door_opens\n",
            "**Doors.** `no_door_opens`",
        );
        assert_eq!(findings(&tree), [""; 0]);
    }

    #[test]
    fn a_test_that_is_nowhere_is_found() {
        let tree = tree(
            "1 door.lock a no_door_opens\n",
            "**Doors.** `no_door_opens`, `no_window_opens`",
        );
        assert_eq!(
            findings(&tree),
            ["SECURITY.md: there is no test no_window_opens"]
        );
    }

    #[test]
    fn an_attack_without_a_test_and_a_gap_are_found() {
        let found = findings(&tree(
            "1 door.lock a no_door_opens\n",
            "**Doors.** By `iss`.",
        ));
        let expected = [
            "SECURITY.md: attack 1 has no test",
            "SECURITY.md: attack 1 does not name no_door_opens",
        ];
        assert_eq!(found, expected);
        let gap = findings(&tree("", "Doors."));
        assert!(
            gap[0].starts_with("SECURITY.md: attacks 1 to 45 are [2, 3"),
            "{gap:?}"
        );
    }

    #[test]
    fn a_check_without_a_line_and_a_line_without_a_check_are_found() {
        let found = findings(&tree(
            "1 window.lock a no_door_opens\n",
            "**Doors.** `no_door_opens`",
        ));
        let expected = [
            "xtask/checks.txt: the check door.lock of crates/a/src/lib.rs is not listed",
            "xtask/checks.txt: no code has the check window.lock",
        ];
        assert_eq!(found, expected);
    }
}
