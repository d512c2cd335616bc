//! `docs/client-features.md` names the tests that prove each feature, `docs/openid-conformance.md` those
//! of each module of the conformance suite. Here is what makes sure that there are such tests.

use crate::Findings;
use crate::files::Tree;

const PAGE: &str = "docs/client-features.md";
const MODULES: &str = "docs/openid-conformance.md";

/// The text of a row instead of tests where there is nothing to prove.
const NOT_YET: &str = "not there yet";

/// How many rows of each kind the page has: A1 to A34, T1 to T8, F1 to F17.
const ROWS: [(char, usize); 3] = [('A', 34), ('T', 8), ('F', 17)];

/// Rows that are missing or name nothing, and tests that are not where the page says.
pub(crate) fn findings(tree: &Tree) -> Findings {
    let Some(page) = tree.text(PAGE) else {
        return vec![format!("{PAGE} is missing")];
    };
    let mut findings = Findings::new();
    for (kind, last) in ROWS {
        for number in 1..=last {
            let name = format!("{kind}{number}");
            match page.lines().find_map(|line| proofs_of(line, &name)) {
                None => findings.push(format!("{PAGE}: there is no row {name}")),
                Some(proofs) => check(tree, (PAGE, &name), proofs, &mut findings),
            }
        }
    }
    findings
}

/// Modules without a test or a reason, and tests that are not where the page says.
pub(crate) fn modules(tree: &Tree) -> Findings {
    let Some(page) = tree.text(MODULES) else {
        return vec![format!("{MODULES} is missing")];
    };
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows: Vec<_> = rows.filter_map(|row| row.split_once("` | ")).collect();
    let mut findings = Findings::new();
    if rows.is_empty() {
        findings.push(format!("{MODULES} has no rows"));
    }
    for (module, proofs) in rows {
        if !proofs.starts_with("no: ") {
            check(tree, (MODULES, module), proofs, &mut findings);
        }
    }
    findings
}

/// The last cell of a row, if the line is that row.
fn proofs_of<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let cells = line.strip_prefix("| ")?.strip_suffix(" |")?;
    let (first, _) = cells.split_once(" | ")?;
    let (_, last) = cells.rsplit_once(" | ")?;
    (first == name).then_some(last)
}

fn check(tree: &Tree, (page, row): (&str, &str), proofs: &str, findings: &mut Findings) {
    let named = named(proofs);
    if named.is_empty() && !proofs.contains(NOT_YET) {
        findings.push(format!("{page}: {row} names no test"));
    }
    for (path, test) in named {
        let source = tree.text(&path).unwrap_or_default();
        if !has_test(source, test) {
            findings.push(format!("{page}: {row}: no test `{test}` in \"{path}\""));
        }
    }
}

/// The tests in a cell, each with the path that the link before it leads to.
fn named(cell: &str) -> Vec<(String, &str)> {
    let (mut path, mut named, mut rest) = (String::new(), Vec::new(), cell);
    while let Some(at) = rest.find(['`', '(']) {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let is_link = rest[at..].starts_with('(') && before.ends_with(']');
        let end = if is_link { ')' } else { '`' };
        let word = (is_link || rest[at..].starts_with('`'))
            .then(|| after.split_once(end))
            .flatten();
        match word {
            Some((link, left)) if is_link => {
                path = link.trim_start_matches("../").to_owned();
                rest = left;
            }
            Some((test, left)) => {
                named.push((path.clone(), test));
                rest = left;
            }
            None => rest = after,
        }
    }
    named
}

/// Returns whether a source has a test of this name: a function with an attribute of tests, or a
/// word in a list that a macro makes tests of.
fn has_test(source: &str, name: &str) -> bool {
    let listed = format!("{name},");
    let makes_tests = source.contains("macro_rules!");
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        if makes_tests && line == listed {
            return true;
        }
        if line.starts_with("#[test") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some((_, signature)) = line.split_once("fn ") {
            let rest = signature.strip_prefix(name);
            if is_test && rest.is_some_and(|rest| rest.starts_with('(')) {
                return true;
            }
            is_test = false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "#[tokio::test(start_paused = true)]
async fn one_request() {}

fn not_a_test() {}

#[test]
fn another(
";

    fn found(first_row: &str) -> Findings {
        let mut page = format!("| A1 | a feature | {first_row} |\n");
        for (kind, last) in ROWS {
            for number in 1..=last {
                page.push_str(&format!("| {kind}{number} | more | {NOT_YET} |\n"));
            }
        }
        findings(&Tree::of(&[(PAGE, &page), ("crates/a/tests/a.rs", SOURCE)]))
    }

    #[test]
    fn tests_that_are_there_are_no_finding() {
        let row = "[a](../crates/a/tests/a.rs) `one_request`, `another`; more (as said)";
        assert!(found(row).is_empty());
    }

    #[test]
    fn tests_that_are_elsewhere_or_none_are_found() {
        let at = |test: &str| format!("[a](../crates/a/tests/a.rs) `{test}`");
        let finding = |test: &str| {
            [format!(
                "{PAGE}: A1: no test `{test}` in \"crates/a/tests/a.rs\""
            )]
        };
        assert_eq!(found(&at("not_a_test")), finding("not_a_test"));
        assert_eq!(found(&at("one_reques")), finding("one_reques"));
        let elsewhere = "[b](../crates/b.rs) `one_request`";
        let expected = format!("{PAGE}: A1: no test `one_request` in \"crates/b.rs\"");
        assert_eq!(found(elsewhere), [expected]);
    }

    #[test]
    fn a_row_without_tests_is_found_and_one_that_is_missing() {
        assert_eq!(found("trust us"), [format!("{PAGE}: A1 names no test")]);
        let empty = findings(&Tree::of(&[(PAGE, "")]));
        assert_eq!(empty.len(), 59);
        assert_eq!(empty[0], format!("{PAGE}: there is no row A1"));
    }

    #[test]
    fn a_module_has_a_test_or_a_reason() {
        let found = |proofs: &str| {
            let page = format!("| `some-module` | {proofs} |\n");
            modules(&Tree::of(&[
                (MODULES, &page),
                ("crates/a/tests/a.rs", SOURCE),
            ]))
        };
        for proofs in [
            "[a](../crates/a/tests/a.rs) `one_request`",
            "no: nobody does it",
        ] {
            assert!(found(proofs).is_empty(), "{proofs}");
        }
        assert_eq!(found("trust us").len(), 1);
        assert_eq!(found("[a](../crates/a/tests/a.rs) `missing`").len(), 1);
        assert_eq!(modules(&Tree::of(&[(MODULES, "")])).len(), 1);
    }

    #[test]
    fn a_name_in_a_list_of_a_macro_is_a_test() {
        let source = "macro_rules! behaves {}\nbehaves!(door, [\n    carries_it,\n]);";
        assert!(has_test(source, "carries_it"));
        assert!(!has_test("    carries_it,\n", "carries_it"));
    }
}
