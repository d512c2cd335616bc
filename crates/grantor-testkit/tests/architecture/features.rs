//! The packages that a crate of ours builds with a given set of features.
//!
//! [`Workspace::closure`] takes optional dependencies as given, which is right for rules about what a
//! crate may name. A rule about what a build contains has to follow the features.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Workspace;

/// The part of a manifest that decides what is built.
#[derive(Default)]
pub(crate) struct Manifest {
    pub(crate) features: BTreeMap<String, Vec<String>>,
    pub(crate) dependencies: BTreeMap<String, Dependency>,
}

/// One entry of a table of dependencies, with what it inherits from the workspace.
pub(crate) struct Dependency {
    package: String,
    optional: bool,
    default_features: bool,
    features: Vec<String>,
}

impl Manifest {
    /// Reads a manifest; `inherited` is the workspace's table of dependencies.
    pub(crate) fn parse(manifest: &toml::Table, inherited: &toml::Table) -> Self {
        let mut read = Self::default();
        let features = manifest.get("features").and_then(toml::Value::as_table);
        for (name, enables) in features.into_iter().flatten() {
            read.features.insert(name.clone(), texts(Some(enables)));
        }
        read.collect(manifest, inherited);
        let platforms = manifest.get("target").and_then(toml::Value::as_table);
        for platform in platforms.into_iter().flat_map(toml::Table::values) {
            read.collect(platform.as_table().unwrap(), inherited);
        }
        read
    }

    fn collect(&mut self, table: &toml::Table, inherited: &toml::Table) {
        for kind in ["dependencies", "build-dependencies"] {
            let named = table.get(kind).and_then(toml::Value::as_table);
            for (key, value) in named.into_iter().flatten() {
                let from_workspace = flag(value, "workspace").unwrap_or(false);
                let base = inherited.get(key).filter(|_| from_workspace);
                let dependency = Dependency::parse(key, value, base);
                self.dependencies.insert(key.clone(), dependency);
            }
        }
    }
}

impl Dependency {
    fn parse(key: &str, value: &toml::Value, base: Option<&toml::Value>) -> Self {
        let package = value.get("package").or(base.and_then(|b| b.get("package")));
        let default_features =
            flag(value, "default-features").or(base.and_then(|b| flag(b, "default-features")));
        let mut features = texts(value.get("features"));
        features.extend(texts(base.and_then(|b| b.get("features"))));
        Self {
            package: package
                .and_then(toml::Value::as_str)
                .unwrap_or(key)
                .to_owned(),
            optional: flag(value, "optional").unwrap_or(false),
            default_features: default_features.unwrap_or(true),
            features,
        }
    }
}

/// Every package in a build of `name` with these features (`default` is one).
///
/// Features of foreign packages are not followed: all that the lock file gives one counts.
pub(crate) fn build(workspace: &Workspace, name: &str, features: &[&str]) -> BTreeSet<String> {
    let mut enabled: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut found = BTreeSet::new();
    let mut open = vec![(
        name.to_owned(),
        features.iter().map(|f| (*f).to_owned()).collect(),
    )];
    while let Some((package, asked)) = open.pop() {
        let asked: BTreeSet<String> = asked;
        let Some(manifest) = workspace.manifests.get(&package) else {
            for dependency in workspace.packages.get(&package).into_iter().flatten() {
                if found.insert(dependency.clone()) {
                    open.push((dependency.clone(), BTreeSet::new()));
                }
            }
            continue;
        };
        let known = enabled.get(&package);
        if known.is_some_and(|known| asked.is_subset(known)) {
            continue;
        }
        let all = enabled.entry(package).or_default();
        all.extend(asked);
        for (dependency, features) in activated(manifest, all) {
            found.insert(dependency.clone());
            open.push((dependency, features));
        }
    }
    found
}

/// The dependencies that these features switch on, each with the features asked of it.
fn activated(manifest: &Manifest, asked: &BTreeSet<String>) -> Vec<(String, BTreeSet<String>)> {
    let mut features = BTreeSet::new();
    let mut switched_on = BTreeSet::new();
    let mut passed_on: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut open: Vec<&str> = asked.iter().map(String::as_str).collect();
    while let Some(entry) = open.pop() {
        if let Some(key) = entry.strip_prefix("dep:") {
            switched_on.insert(key);
        } else if let Some((key, feature)) = entry.split_once('/') {
            let name = key.strip_suffix('?').unwrap_or(key);
            if name == key {
                switched_on.insert(key);
            }
            passed_on
                .entry(name)
                .or_default()
                .insert(feature.to_owned());
        } else if features.insert(entry) {
            let enables = manifest.features.get(entry).into_iter().flatten();
            open.extend(enables.map(String::as_str));
        }
    }
    let built = manifest
        .dependencies
        .iter()
        .filter(|(key, one)| !one.optional || switched_on.contains(key.as_str()));
    built
        .map(|(key, one)| {
            let mut of_it: BTreeSet<String> = one.features.iter().cloned().collect();
            of_it.extend(passed_on.remove(key.as_str()).into_iter().flatten());
            of_it.extend(one.default_features.then(|| "default".to_owned()));
            (one.package.clone(), of_it)
        })
        .collect()
}

fn flag(value: &toml::Value, key: &str) -> Option<bool> {
    value.get(key).and_then(toml::Value::as_bool)
}

fn texts(value: Option<&toml::Value>) -> Vec<String> {
    let entries = value.and_then(toml::Value::as_array).into_iter().flatten();
    entries
        .filter_map(toml::Value::as_str)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house() -> Workspace {
        let inherited = r#"cellar = { path = "cellar", default-features = false }"#;
        let inherited: toml::Table = inherited.parse().unwrap();
        let manifest = |text: &str| Manifest::parse(&text.parse().unwrap(), &inherited);
        let cellar = r#"
            [features]
            default = ["wine"]
            wine = ["dep:bottles"]
            beer = ["dep:barrels", "bottles?/crates"]
            [dependencies]
            stone = "1"
            bottles = { version = "1", optional = true }
            barrels = { version = "1", optional = true }
        "#;
        let parlour = "[dependencies]\ncellar.workspace = true";
        let kitchen = r#"
            [features]
            feast = ["cellar/beer"]
            [dependencies]
            cellar = { workspace = true, features = ["wine"] }
        "#;
        let manifests = [
            ("cellar", cellar),
            ("parlour", parlour),
            ("kitchen", kitchen),
        ];
        Workspace {
            manifests: manifests
                .map(|(name, text)| (name.to_owned(), manifest(text)))
                .into(),
            packages: [("bottles".to_owned(), ["glass".to_owned()].into())].into(),
            ..Workspace::default()
        }
    }

    #[track_caller]
    fn check(name: &str, features: &[&str], expected: &[&str]) {
        let built = build(&house(), name, features);
        let built: Vec<&str> = built.iter().map(String::as_str).collect();
        assert_eq!(built, expected);
    }

    #[test]
    fn without_features_optional_dependencies_are_not_built() {
        check("cellar", &[], &["stone"]);
        check("parlour", &["default"], &["cellar", "stone"]);
    }

    #[test]
    fn features_switch_dependencies_on() {
        check("cellar", &["default"], &["bottles", "glass", "stone"]);
        check("cellar", &["beer"], &["barrels", "stone"]);
        check("kitchen", &[], &["bottles", "cellar", "glass", "stone"]);
        let all = ["barrels", "bottles", "cellar", "glass", "stone"];
        check("kitchen", &["feast"], &all);
    }
}
