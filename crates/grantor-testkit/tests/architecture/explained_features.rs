//! Every feature of a crate is explained in the table of its `lib.rs`.

use crate::Findings;
use crate::files::Tree;

/// Features that the table of their crate does not have.
pub(crate) fn unexplained(tree: &Tree) -> Findings {
    let mut findings = Findings::new();
    for (path, manifest) in tree.under("crates/") {
        let Some(folder) = path.strip_suffix("/Cargo.toml") else {
            continue;
        };
        let table = tree.text(&format!("{folder}/src/lib.rs")).unwrap_or("");
        for feature in features(manifest) {
            let row = format!("//! | `{feature}` |");
            if !table.lines().any(|line| line.starts_with(&row)) {
                findings.push(format!("{folder}: no row for the feature {feature}"));
            }
        }
    }
    findings
}

/// The features that a user turns on.
fn features(manifest: &str) -> Vec<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let named = manifest.get("features").and_then(toml::Value::as_table);
    let named = named.into_iter().flat_map(toml::Table::keys);
    named
        .filter(|name| *name != "default" && !name.starts_with("__"))
        .cloned()
        .collect()
}

#[test]
fn a_feature_without_a_row_is_found() {
    let manifest = "[features]\ndefault = [\"lamp\"]\nlamp = []\nstove = []\n__spy = []\n";
    let tree = Tree::of(&[
        ("crates/kitchen/Cargo.toml", manifest),
        ("crates/kitchen/src/lib.rs", "//! | `lamp` | light |\n"),
        ("crates/attic/Cargo.toml", "[package]\n"),
    ]);
    assert_eq!(
        unexplained(&tree),
        ["crates/kitchen: no row for the feature stove"]
    );
}
