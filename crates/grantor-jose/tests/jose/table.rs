//! Suites of vectors, counted, and what shows that they can fail.

use std::fmt::Display;

/// A change of a verifier's answer: none, or that of a broken verifier.
pub(crate) type Answer = fn(bool) -> bool;

pub(crate) type Suite = fn(Answer) -> Table;

/// The results of a suite.
pub(crate) struct Table {
    name: &'static str,
    answer: Answer,
    valid: usize,
    invalid: usize,
    left_out: Vec<(usize, &'static str)>,
    wrong: Vec<String>,
}

impl Table {
    pub(crate) fn new(name: &'static str, answer: Answer) -> Self {
        Self {
            name,
            answer,
            valid: 0,
            invalid: 0,
            left_out: Vec::new(),
            wrong: Vec::new(),
        }
    }

    /// One case: what it is, whether it is valid, and whether it was accepted.
    pub(crate) fn case(&mut self, id: impl Display, valid: bool, accepted: bool) {
        let accepted = (self.answer)(accepted);
        if accepted != valid {
            self.wrong.push(format!("{id}: accepted is {accepted}"));
        }
        if valid {
            self.valid += 1;
        } else {
            self.invalid += 1;
        }
    }

    /// A case that is not run, or that has another outcome than its file says, and why.
    pub(crate) fn leave_out(&mut self, reason: &'static str) {
        match self.left_out.iter_mut().find(|(_, known)| *known == reason) {
            Some((count, _)) => *count += 1,
            None => self.left_out.push((1, reason)),
        }
    }

    fn row(&self) -> String {
        let left_out: Vec<String> = self
            .left_out
            .iter()
            .map(|(count, reason)| format!("{count}: {reason}"))
            .collect();
        format!(
            "| {} | {} | {} | {} |",
            self.name,
            self.valid,
            self.invalid,
            left_out.join("; ")
        )
    }
}

/// Runs suites and compares the table with the one in the crate's documentation.
pub(crate) fn check(heading: &str, suites: &[Suite]) {
    let mut lines = Vec::new();
    for suite in suites {
        let table = suite(|accepted| accepted);
        assert!(table.wrong.is_empty(), "{}: {:#?}", table.name, table.wrong);
        lines.push(table.row());
    }
    let found = lines.join("\n");
    let documented: Vec<&str> = include_str!("../../VECTORS.md")
        .split("\n## ")
        .find(|section| section.starts_with(heading))
        .unwrap_or_default()
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| suite"))
        .collect();
    assert_eq!(documented.join("\n"), found, "now it is:\n{found}\n");
}

/// A verifier that accepts everything has to fail in every invalid case of a suite, one that
/// accepts nothing in every valid one.
pub(crate) fn check_mutants(suites: &[Suite]) {
    for suite in suites {
        let always = suite(|_| true);
        assert_eq!(always.wrong.len(), always.invalid, "{}", always.name);
        let never = suite(|_| false);
        assert_eq!(never.wrong.len(), never.valid, "{}", never.name);
        assert!(never.valid > 0, "{} has nothing valid", never.name);
    }
}
