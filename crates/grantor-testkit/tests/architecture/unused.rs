//! Dependencies that no source names: they cost a build, and nobody gets anything for it.
//!
//! The rule of cargo-machete, applied table by table: what a crate ships with must be named by the
//! code that ships, and the dependencies of its tests by its tests, its examples or those of its
//! documentation. Exceptions are listed, as for cargo-machete, in
//! `[package.metadata.cargo-machete] ignored`.

use std::collections::BTreeSet;

use crate::Findings;
use crate::files::Tree;
use crate::rust::{Token, tokens, without_tests};

/// The dependencies of our crates that nothing names.
pub(crate) fn findings(tree: &Tree) -> Findings {
    let mut findings = Findings::new();
    let manifests = tree.files().filter_map(|(path, text)| {
        let folder = path.strip_suffix("/Cargo.toml")?;
        let ours = folder == "xtask" || folder.starts_with("crates/");
        ours.then_some((folder, text))
    });
    for (folder, manifest) in manifests {
        let manifest: toml::Table = manifest.parse().unwrap();
        let kept = ignored(&manifest);
        let shipped = keys(&manifest, &["dependencies", "build-dependencies"]);
        let named = named(tree, folder);
        for key in shipped.iter().filter(|key| !kept.contains(key)) {
            if !named.contains(&key.replace('-', "_")) {
                findings.push(format!("{folder}: nothing that ships names {key}"));
            }
        }
        // The tests of a crate may ask for further features of what it ships with.
        let for_tests = keys(&manifest, &["dev-dependencies"]);
        let for_tests = for_tests.iter().filter(|key| !shipped.contains(key));
        for key in for_tests.filter(|key| !kept.contains(key)) {
            if !is_in_tests(tree, folder, key) {
                findings.push(format!("{folder}: no test or example names {key}"));
            }
        }
    }
    findings
}

/// The names by which some tables of a manifest call packages, on every platform.
fn keys(manifest: &toml::Table, tables: &[&str]) -> Vec<String> {
    let platforms = manifest.get("target").and_then(toml::Value::as_table);
    let platforms = platforms.into_iter().flat_map(toml::Table::values);
    let all = platforms
        .filter_map(toml::Value::as_table)
        .chain([manifest]);
    let all = all.flat_map(|table| {
        tables
            .iter()
            .filter_map(|name| table.get(*name)?.as_table())
    });
    all.flat_map(toml::Table::keys).cloned().collect()
}

fn ignored(manifest: &toml::Table) -> Vec<String> {
    let metadata = manifest["package"].get("metadata");
    let machete = metadata.and_then(|metadata| metadata.get("cargo-machete"));
    let names = machete.and_then(|machete| machete.get("ignored")?.as_array());
    let names = names.into_iter().flatten().filter_map(toml::Value::as_str);
    names.map(str::to_owned).collect()
}

/// The crates that the code which ships names: at the start of a path, or in a `use` or
/// `extern crate` of their own.
fn named(tree: &Tree, folder: &str) -> BTreeSet<String> {
    let source = format!("{folder}/src/");
    let script = format!("{folder}/build.rs");
    let files = tree.files().filter(|(path, _)| {
        (path.starts_with(&source) && path.ends_with(".rs") && !path.ends_with("/tests.rs"))
            || *path == script
    });
    let mut names = BTreeSet::new();
    for (_, text) in files {
        let code = without_tests(&tokens(text));
        for (at, token) in code.iter().enumerate() {
            let Token::Word(word) = token else {
                continue;
            };
            let before = at.checked_sub(1).map(|before| &code[before]);
            let alone = before.is_some_and(|before| before.is("use") || before.is("crate"));
            let starts = code.get(at + 1) == Some(&Token::Colons);
            if alone || (starts && before != Some(&Token::Colons)) {
                names.insert(word.clone());
            }
        }
    }
    names
}

fn is_in_tests(tree: &Tree, folder: &str, key: &str) -> bool {
    let name = key.replace('-', "_");
    let marks = [format!("{name}::"), format!("use {name}")];
    let crate_folder = format!("{folder}/");
    let sources: Vec<_> = tree
        .under(&crate_folder)
        .filter(|(path, _)| path.ends_with(".rs"))
        .collect();
    let has_pages = sources.iter().any(|(_, text)| text.contains(".md\")"));
    let pages = tree.files().filter(|(path, _)| {
        has_pages && path.ends_with(".md") && (path.starts_with("docs/") || *path == "README.md")
    });
    let mut all = sources.iter().copied().chain(pages);
    all.any(|(_, text)| marks.iter().any(|mark| text.contains(mark.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
        [package]
        name = "kitchen"
        [package.metadata.cargo-machete]
        ignored = ["salt"]
        [dependencies]
        lamp = "1"
        salt = "1"
        tea-pot = "1"
        [target.'cfg(unix)'.dependencies]
        stove = "1"
        [dev-dependencies]
        lamp = { version = "1", features = ["bright"] }
        guests = "1"
    "#;

    fn kitchen(source: &str, test: &str) -> Findings {
        findings(&Tree::of(&[
            ("crates/kitchen/Cargo.toml", MANIFEST),
            ("crates/kitchen/src/lib.rs", source),
            ("crates/kitchen/tests/it.rs", test),
            ("docs/page.md", "guests::invite()"),
        ]))
    }

    #[test]
    fn what_is_named_is_no_finding() {
        let source = "use lamp as light; fn f() { tea_pot::brew(stove::heat()) }";
        assert_eq!(kitchen(source, "use guests::Guest;"), Findings::new());
        let documented = format!("{source}\n#[doc = include_str!(\"../page.md\")] mod page {{}}");
        assert_eq!(kitchen(&documented, ""), Findings::new());
    }

    #[test]
    fn what_only_comments_tests_or_other_paths_name_is_found() {
        let source = "// lamp::light()\nfn f() { crate::tea_pot::brew() }\n\
                      #[cfg(test)]\nmod tests { use stove::heat; }";
        assert_eq!(
            kitchen(source, ""),
            [
                "crates/kitchen: nothing that ships names stove",
                "crates/kitchen: nothing that ships names lamp",
                "crates/kitchen: nothing that ships names tea-pot",
                "crates/kitchen: no test or example names guests",
            ]
        );
    }
}
