//! The rooms inside a crate: the folders of its `src/`, in an order. A room uses only rooms before it.

use std::collections::{BTreeMap, BTreeSet};

use crate::Findings;
use crate::files::Tree;
use crate::rust;

/// A crate whose rooms have an order.
pub(crate) struct House {
    pub(crate) name: &'static str,
    /// The lowest first.
    pub(crate) rooms: &'static [&'static str],
    /// Modules beside the rooms, which use none of them.
    pub(crate) beside: &'static [&'static str],
}

/// A module by its path below the crate, as `token::lifetime`.
type Module = String;

/// Names of rooms above, names that the root of the crate re-exports, and circles of modules.
pub(crate) fn findings(tree: &Tree, house: &House) -> Findings {
    let folder = format!("crates/{}/src/", house.name);
    let sources: BTreeMap<Module, &str> = tree
        .under(&folder)
        .filter_map(|(path, text)| Some((module(path.strip_prefix(&folder)?)?, text)))
        .collect();
    let mut findings = Findings::new();
    if sources.is_empty() {
        findings.push(format!("{folder} holds no sources"));
    }
    let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (module, text) in &sources {
        let Some(room) = house.room(module) else {
            findings.push(format!("{}: {module} is no room", house.name));
            continue;
        };
        for named in named(module, text) {
            let Some(used) = house.room(&named).filter(|_| named.contains("::")) else {
                if !house.is_beside(module) && !sources.contains_key(&named) {
                    findings.push(format!(
                        "{}: {module} names `crate::{named}`: name the room that owns it",
                        house.name
                    ));
                }
                continue;
            };
            if used > room {
                findings.push(format!(
                    "{}: {module} uses {named}, which stands above it",
                    house.name
                ));
            }
            if let Some(owner) = owner(&named, &sources)
                && !is_family(module, owner)
            {
                uses.entry(module).or_default().insert(owner);
            }
        }
        findings.extend(passed_on(module, text).map(|line| {
            format!(
                "{}: {module} passes on what another room owns: {line}",
                house.name
            )
        }));
    }
    if let Some(circle) = circle(&uses) {
        findings.push(format!(
            "{}: a circle of modules: {}",
            house.name,
            circle.join(" -> ")
        ));
    }
    findings
}

impl House {
    /// The floor of the room of a module, or of a name in it.
    fn room(&self, path: &str) -> Option<usize> {
        let first = path.split("::").next()?;
        let beside = self.beside.contains(&first).then_some(0);
        let floor = self.rooms.iter().position(|room| *room == first);
        floor.or(beside)
    }

    fn is_beside(&self, module: &str) -> bool {
        self.beside.contains(&module)
    }
}

/// The module of a file; none, if only tests compile it, or if it is the root.
fn module(path: &str) -> Option<Module> {
    let path = path.strip_suffix(".rs")?;
    let mut parts: Vec<_> = path.split('/').collect();
    if parts.last() == Some(&"mod") {
        parts.pop();
    }
    let is_test = parts.contains(&"tests");
    (!is_test && parts != ["lib"]).then(|| parts.join("::"))
}

/// Returns the modules of its own crate that a module names, by paths from the root.
fn named(module: &str, text: &str) -> Vec<String> {
    let tokens = rust::without_tests(&rust::tokens(text));
    let here: Vec<_> = module.split("::").collect();
    let absolute = |path: String| {
        let mut parts: Vec<_> = path.split("::").collect();
        let mut base = match *parts.first()? {
            "crate" => Vec::new(),
            "self" => here.clone(),
            "super" => here[..here.len() - 1].to_vec(),
            _ => return None,
        };
        parts.remove(0);
        while parts.first() == Some(&"super") {
            parts.remove(0);
            base.pop();
        }
        base.extend(parts);
        (!base.is_empty()).then(|| base.join("::"))
    };
    rust::paths(&tokens)
        .into_iter()
        .filter_map(absolute)
        .collect()
}

/// The innermost module that a path leads into.
fn owner<'a>(path: &str, sources: &'a BTreeMap<Module, &str>) -> Option<&'a str> {
    let parts: Vec<_> = path.split("::").collect();
    (1..=parts.len()).rev().find_map(|length| {
        let prefix = parts[..length].join("::");
        sources.get_key_value(&prefix).map(|(module, _)| &**module)
    })
}

/// Returns whether one is the other, or is inside it.
fn is_family(one: &str, other: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    within(one, other) || within(other, one)
}

/// The lines by which a room re-exports what another owns: then there are two paths to one name.
fn passed_on<'a>(module: &'a str, text: &'a str) -> impl Iterator<Item = &'a str> {
    let room = module.split("::").next().unwrap_or_default();
    text.lines().filter(move |line| {
        let named = line
            .strip_prefix("pub")
            .and_then(|rest| rest.split_once("use crate::"));
        named.is_some_and(|(_, path)| path.split("::").next() != Some(room))
    })
}

/// Modules that use each other in a circle, if there is one.
fn circle<'a>(uses: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Option<Vec<&'a str>> {
    let mut done = BTreeSet::new();
    uses.keys()
        .find_map(|module| walk(module, uses, &mut Vec::new(), &mut done))
}

fn walk<'a>(
    module: &'a str,
    uses: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    way: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
) -> Option<Vec<&'a str>> {
    if let Some(start) = way.iter().position(|on_way| *on_way == module) {
        let mut circle = way[start..].to_vec();
        circle.push(module);
        return Some(circle);
    }
    if !done.insert(module) {
        return None;
    }
    way.push(module);
    let found = uses
        .get(module)
        .into_iter()
        .flatten()
        .find_map(|used| walk(used, uses, way, done));
    way.pop();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUSE: House = House {
        name: "manor",
        rooms: &["cellar", "kitchen", "hall"],
        beside: &["garden"],
    };

    fn found(files: &[(&str, &str)]) -> Findings {
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| (format!("crates/manor/src/{path}"), *text))
            .collect();
        let files: Vec<_> = files.iter().map(|(path, text)| (&**path, *text)).collect();
        findings(&Tree::of(&files), &HOUSE)
    }

    #[test]
    fn rooms_that_use_those_below_and_their_own_are_no_finding() {
        let files = [
            ("lib.rs", "pub use kitchen::Stove;"),
            ("garden.rs", "mod tree {}"),
            ("cellar/mod.rs", "pub(crate) mod wine; use self::wine::Red;"),
            ("cellar/wine.rs", "use super::Shelf; use std::fmt;"),
            ("kitchen.rs", "use crate::cellar::{Shelf, wine::Red};"),
            ("kitchen/tests.rs", "use crate::hall::Table;"),
            ("hall.rs", "use crate::kitchen::Stove; // crate::attic::Bat"),
        ];
        assert_eq!(found(&files), [""; 0]);
    }

    #[test]
    fn a_name_of_a_room_above_is_found() {
        let files = [
            ("kitchen.rs", "fn f() { crate::hall::table::lay(); }"),
            ("hall/table.rs", ""),
        ];
        assert_eq!(
            found(&files),
            ["manor: kitchen uses hall::table::lay, which stands above it"]
        );
        let in_a_test = "#[cfg(test)] mod tests { use crate::hall::table::lay; }";
        assert!(found(&[("kitchen.rs", in_a_test)]).is_empty());
    }

    #[test]
    fn a_name_that_the_root_or_another_room_passes_on_is_found() {
        assert_eq!(
            found(&[("hall.rs", "use crate::Stove;")]),
            ["manor: hall names `crate::Stove`: name the room that owns it"]
        );
        let files = [
            ("cellar.rs", ""),
            ("kitchen.rs", "pub(crate) use crate::cellar::Shelf;"),
        ];
        assert_eq!(
            found(&files),
            [
                "manor: kitchen passes on what another room owns: pub(crate) use crate::cellar::Shelf;"
            ]
        );
    }

    #[test]
    fn a_circle_is_found_and_a_parent_with_its_child_is_none() {
        let files = [
            ("hall/mod.rs", "use self::one::One;"),
            ("hall/one.rs", "use super::two::Two; use super::Hall;"),
            ("hall/two.rs", "use crate::hall::three::Three;"),
            ("hall/three.rs", "use super::one::One;"),
        ];
        assert_eq!(
            found(&files),
            ["manor: a circle of modules: hall::one -> hall::two -> hall::three -> hall::one"]
        );
        assert!(found(&files[..3]).is_empty());
    }

    #[test]
    fn a_folder_without_a_floor_is_found() {
        assert_eq!(found(&[("attic.rs", "")]), ["manor: attic is no room"]);
        assert_eq!(found(&[]), ["crates/manor/src/ holds no sources"]);
    }
}
