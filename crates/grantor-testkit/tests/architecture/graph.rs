//! The crates of the workspace, and the packages that the lock file gives them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::features::Manifest;

/// The facts about the workspace that the rules need.
#[derive(Default)]
pub(crate) struct Workspace {
    pub(crate) crates: BTreeMap<String, Crate>,
    /// The features of the same crates.
    pub(crate) manifests: BTreeMap<String, Manifest>,
    /// Every package of the lock file, by name, with the names of what it depends on.
    ///
    /// Versions are dropped: a rule against a package is a rule against all its versions.
    pub(crate) packages: BTreeMap<String, BTreeSet<String>>,
}

/// One manifest.
#[derive(Default)]
pub(crate) struct Crate {
    /// The dependencies of the crate and its build script, on every platform. Those of its tests
    /// are left out: tests may look up.
    pub(crate) dependencies: BTreeSet<String>,
    pub(crate) takes_workspace_lints: bool,
}

impl Workspace {
    pub(crate) fn read(root: &Path) -> Self {
        let table =
            |path: &Path| -> toml::Table { fs::read_to_string(path).unwrap().parse().unwrap() };
        let inherited = table(&root.join("Cargo.toml"));
        let inherited = inherited["workspace"]["dependencies"].as_table().unwrap();
        let mut crates = BTreeMap::new();
        let mut manifests = BTreeMap::new();
        let mut folders = vec![root.join("xtask")];
        folders.extend(
            fs::read_dir(root.join("crates"))
                .unwrap()
                .map(|entry| entry.unwrap().path()),
        );
        for folder in folders {
            let manifest = table(&folder.join("Cargo.toml"));
            let (name, one) = Crate::parse(&manifest);
            manifests.insert(name.clone(), Manifest::parse(&manifest, inherited));
            crates.insert(name, one);
        }
        let lock = fs::read_to_string(root.join("Cargo.lock")).unwrap();
        Self {
            crates,
            manifests,
            packages: parse_lock(&lock),
        }
    }

    /// Everything that a crate of ours brings into a build, itself excepted.
    ///
    /// Our own crates are followed by their manifests, since the lock file mixes in what tests need.
    pub(crate) fn closure(&self, name: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![name.to_owned()];
        while let Some(next) = open.pop() {
            let dependencies = match self.crates.get(&next) {
                Some(one) => Some(&one.dependencies),
                None => self.packages.get(&next),
            };
            for dependency in dependencies.into_iter().flatten() {
                if found.insert(dependency.clone()) {
                    open.push(dependency.clone());
                }
            }
        }
        found
    }
}

impl Crate {
    fn parse(manifest: &toml::Table) -> (String, Self) {
        let name = manifest["package"]["name"].as_str().unwrap().to_owned();
        let mut dependencies = BTreeSet::new();
        collect(manifest, &mut dependencies);
        let platforms = manifest.get("target").and_then(toml::Value::as_table);
        for platform in platforms.into_iter().flat_map(toml::Table::values) {
            collect(platform.as_table().unwrap(), &mut dependencies);
        }
        let lints = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"));
        let one = Self {
            dependencies,
            takes_workspace_lints: lints.and_then(toml::Value::as_bool) == Some(true),
        };
        (name, one)
    }
}

/// The packages that one table of a manifest names, by their own names where they are renamed.
fn collect(table: &toml::Table, into: &mut BTreeSet<String>) {
    for kind in ["dependencies", "build-dependencies"] {
        let named = table.get(kind).and_then(toml::Value::as_table);
        for (key, value) in named.into_iter().flatten() {
            let package = value.get("package").and_then(toml::Value::as_str);
            into.insert(package.unwrap_or(key).to_owned());
        }
    }
}

fn parse_lock(lock: &str) -> BTreeMap<String, BTreeSet<String>> {
    let lock: toml::Table = lock.parse().unwrap();
    let mut packages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in lock["package"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap().to_owned();
        let listed = package.get("dependencies").and_then(toml::Value::as_array);
        // An entry is a name, and a version where the name alone is not enough.
        let names = listed
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.as_str()?.split(' ').next().map(str::to_owned));
        packages.entry(name).or_default().extend(names);
    }
    packages
}

#[test]
fn a_manifest_is_read_with_its_renames_platforms_and_build_script() {
    let (name, one) = Crate::parse(
        &r#"
        [package]
        name = "parlour"
        [lints]
        workspace = true
        [dependencies]
        cellar = { package = "wine-cellar", version = "1" }
        http.workspace = true
        [build-dependencies]
        mason = "1"
        [target.'cfg(unix)'.dependencies]
        gate = "2"
        [dev-dependencies]
        guests = "1"
        "#
        .parse()
        .unwrap(),
    );
    assert_eq!(name, "parlour");
    assert!(one.takes_workspace_lints);
    let names: Vec<&str> = one.dependencies.iter().map(String::as_str).collect();
    assert_eq!(names, ["gate", "http", "mason", "wine-cellar"]);
}

#[test]
fn the_closure_follows_manifests_and_then_the_lock_file() {
    let (name, one) = Crate::parse(
        &r#"
        [package]
        name = "parlour"
        [dependencies]
        http = "1"
        [dev-dependencies]
        guests = "1"
        "#
        .parse()
        .unwrap(),
    );
    let packages = parse_lock(
        r#"
        [[package]]
        name = "parlour"
        dependencies = ["guests", "http 1.0.0"]
        [[package]]
        name = "guests"
        dependencies = ["noise"]
        [[package]]
        name = "http"
        dependencies = ["bytes"]
        [[package]]
        name = "bytes"
        "#,
    );
    let workspace = Workspace {
        crates: [(name, one)].into(),
        packages,
        ..Workspace::default()
    };
    let closure = workspace.closure("parlour");
    assert_eq!(closure, ["bytes", "http"].map(str::to_owned).into());
}
