//! The cost of grantor for an application: crates that are compiled, and lines.

mod embedding;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::process::{Failure, run};
use crate::workspace::{cargo, root};

/// The most crates that an application on reqwest and tokio compiles more.
const MOST_CRATES: usize = 15;
/// The most lines that it has more for client credentials, one GET and one POST.
const MOST_LINES: usize = 10;

/// Counts, prints, and fails where a bar does not hold.
pub(crate) fn measure(timed: bool) -> Result<(), Failure> {
    let holds = added_to_reqwest()?;
    if embedding::measure(timed)? && holds {
        return Ok(());
    }
    Err(Failure::new("a bar does not hold"))
}

/// Measures the token manager in an application that has reqwest, and returns whether its bars
/// hold.
fn added_to_reqwest() -> Result<bool, Failure> {
    let application = root().join("fixtures").join("added-to-reqwest");
    let manifest = application.join("Cargo.toml");
    // The counted crates are compiled, too.
    let mut check = cargo();
    check.args([
        "check",
        "--quiet",
        "--features",
        "grantor",
        "--manifest-path",
    ]);
    run(check.arg(&manifest))?;

    let plain = tree(&manifest, &[])?;
    let with_grantor = tree(&manifest, &["--features", "grantor"])?;
    let further = further(&plain, &with_grantor);
    println!("further crates, and those of ours that bring them:");
    for (name, brought_by) in &further {
        let brought_by: Vec<_> = brought_by.iter().map(String::as_str).collect();
        println!("  {name:<28}{}", brought_by.join(" "));
    }
    let source = |name: &str| read(&application.join("src").join("bin").join(name));
    let lines = added_lines(&source("plain.rs")?, &source("with_tokens.rs")?);
    println!("crates: {} more, {MOST_CRATES} at most", further.len());
    println!("lines: {lines} added or changed, {MOST_LINES} at most");
    Ok(further.len() <= MOST_CRATES && lines <= MOST_LINES)
}

/// Returns the crates of the build, each line with its depth and then its name.
fn tree(manifest: &Path, more: &[&str]) -> Result<String, Failure> {
    let mut command: Command = cargo();
    command
        .args([
            "tree",
            "--edges",
            "normal,build",
            "--prefix",
            "depth",
            "--no-dedupe",
        ])
        .args(more)
        .arg("--manifest-path")
        .arg(manifest);
    let output = command.output();
    let output = output.map_err(|error| Failure::new(format!("cannot start cargo: {error}")))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::new(why));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The crates that only the second tree has, and the nearest crates of ours above each.
fn further(plain: &str, with_grantor: &str) -> BTreeMap<String, BTreeSet<String>> {
    let known: BTreeSet<_> = plain.lines().filter_map(entry).map(|(_, it)| it).collect();
    let mut further: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let mut above: Vec<&str> = Vec::new();
    for (depth, package) in with_grantor.lines().filter_map(entry) {
        above.truncate(depth);
        if !known.contains(package) {
            let ours = above.iter().rev().find(|name| name.starts_with("grantor"));
            let name = ours.and_then(|package| package.split(' ').next());
            let brought_by = further.entry(package.to_owned()).or_default();
            brought_by.extend(name.map(str::to_owned));
        }
        above.push(package);
    }
    further
}

/// `2serde v1.0.0 (*)` is serde at depth 2.
fn entry(line: &str) -> Option<(usize, &str)> {
    let digits = line.find(|c: char| !c.is_ascii_digit())?;
    let (depth, rest) = line.split_at(digits);
    let package = rest.split(" (").next()?;
    Some((depth.parse().ok()?, package))
}

/// How many lines the second source has that the first has not; comments and empty ones aside.
fn added_lines(plain: &str, with_tokens: &str) -> usize {
    let counted = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
    let mut known: Vec<_> = plain.lines().filter(counted).collect();
    let added = with_tokens.lines().filter(counted).filter(|line| {
        let same = known.iter().position(|other| other == line);
        same.map(|at| known.remove(at)).is_none()
    });
    added.count()
}

fn read(path: &Path) -> Result<String, Failure> {
    let text = fs::read_to_string(path);
    text.map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_crates_are_those_of_the_second_tree_alone() {
        let plain = "0app v0.0.0 (/app)\n1tokio v1.0.0\n2bytes v1.0.0\n";
        let with_grantor = "0app v0.0.0 (/app)\n1grantor v0.1.0 (/x)\n2grantor-core v0.1.0 (/x)\n\
                            3bytes v1.0.0\n3serde v1.0.0\n4serde_core v1.0.0\n2serde v1.0.0\n\
                            1tokio v1.0.0\n2bytes v1.0.0\n";
        let found = further(plain, with_grantor);
        let found: Vec<_> = found
            .iter()
            .map(|(name, by)| {
                (
                    name.as_str(),
                    by.iter().map(String::as_str).collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("grantor v0.1.0", vec![]),
                ("grantor-core v0.1.0", vec!["grantor"]),
                ("serde v1.0.0", vec!["grantor", "grantor-core"]),
                ("serde_core v1.0.0", vec!["grantor-core"]),
            ]
        );
    }

    #[test]
    fn lines_that_were_there_and_comments_are_not_added() {
        let plain = "fn main() {\n    get();\n}\n";
        let with_tokens = "// More.\nuse x;\n\nfn main() {\n    get();\n    get();\n}\n";
        assert_eq!(added_lines(plain, with_tokens), 2);
    }
}
