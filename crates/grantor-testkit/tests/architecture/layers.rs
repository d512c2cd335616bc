//! Which crate may depend on which: arrows point down.

use crate::Findings;
use crate::graph::Workspace;

/// The floors of the house, lowest first, and for each crate what it may name directly.
///
/// A crate that is not here fails the test: its place is a decision.
const MAY_DEPEND_ON: [(&str, &[&str]); 17] = [
    ("grantor-jose", &[]),
    ("grantor-core", &["jose"]),
    ("grantor-http", &["core", "jose"]),
    ("grantor-listen", &["core"]),
    ("grantor-rsa-sha1", &["core", "jose"]),
    ("grantor-store", &["core", "jose"]),
    ("grantor-store-connection", &["store", "core"]),
    ("grantor-client", &["http", "store", "core", "jose"]),
    ("grantor-resource", &["http", "store", "core", "jose"]),
    ("grantor-server", &["http", "store", "core", "jose"]),
    // On the public API of the server, as a site of an application is.
    ("grantor-site", &["server", "store", "core", "jose"]),
    (
        "grantor-actix",
        &["server", "resource", "http", "store", "core", "jose"],
    ),
    (
        "grantor-axum",
        &["server", "resource", "http", "store", "core", "jose"],
    ),
    (
        "grantor",
        &[
            "actix",
            "axum",
            "client",
            "server",
            "site",
            "resource",
            "rsa-sha1",
            "store-memcached",
            "store-mongodb",
            "store-mysql",
            "store-postgres",
            "store-redis",
            "store-sqlite",
            "http",
            "store",
            "core",
            "jose",
        ],
    ),
    (
        "grantor-testkit",
        &["http", "listen", "store", "core", "jose"],
    ),
    ("grantor-testservers", &["http", "store", "core"]),
    ("xtask", &[]),
];

/// The adapters of one database each: all on one floor.
const STORE_ADAPTER: &str = "grantor-store-";
const STORE_ADAPTER_MAY: &[&str] = &["store-connection", "store", "core", "jose"];

/// The command line is the top crate, and depends on everything but what is for tests.
const TOP: &str = "grantor-cli";
const NOT_BELOW_TOP: [&str; 3] = ["grantor-testkit", "grantor-testservers", "xtask"];

/// Arrows between our crates that the table does not have.
pub(crate) fn arrows_up(workspace: &Workspace) -> Findings {
    let mut findings = Findings::new();
    for (name, one) in &workspace.crates {
        let ours = one
            .dependencies
            .iter()
            .filter(|dependency| workspace.crates.contains_key(*dependency));
        for dependency in ours {
            if !may_depend(name, dependency) {
                findings.push(format!("{name} must not depend on {dependency}"));
            }
        }
        if name != TOP && !name.starts_with(STORE_ADAPTER) && allowed(name).is_none() {
            findings.push(format!("{name} has no place in the table of layers"));
        }
    }
    findings
}

/// The crate that has lints of its own, since the workspace forbids what one of its files allows:
/// `unsafe` code.
pub(crate) const OWN_LINTS: &str = "grantor-rsa-sha1";

/// Crates that do not inherit the lints of the workspace.
pub(crate) fn own_lints(workspace: &Workspace) -> Findings {
    let stray = workspace
        .crates
        .iter()
        .filter(|(name, one)| !one.takes_workspace_lints && *name != OWN_LINTS);
    stray
        .map(|(name, _)| format!("{name} lacks `[lints] workspace = true`"))
        .collect()
}

fn may_depend(name: &str, dependency: &str) -> bool {
    if name == TOP {
        return !NOT_BELOW_TOP.contains(&dependency);
    }
    let may = match allowed(name) {
        Some(may) => may,
        None if name.starts_with(STORE_ADAPTER) => STORE_ADAPTER_MAY,
        None => return false,
    };
    may.iter()
        .any(|short| dependency.strip_prefix("grantor-") == Some(short))
}

fn allowed(name: &str) -> Option<&'static [&'static str]> {
    let row = MAY_DEPEND_ON
        .iter()
        .find(|(crate_name, _)| *crate_name == name);
    row.map(|(_, may)| *may)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Crate;

    fn house(arrows: &[(&str, &[&str])]) -> Workspace {
        let one = |dependencies: &[&str]| Crate {
            dependencies: dependencies.iter().map(|name| (*name).to_owned()).collect(),
            takes_workspace_lints: true,
        };
        Workspace {
            crates: arrows
                .iter()
                .map(|(name, dependencies)| ((*name).to_owned(), one(dependencies)))
                .collect(),
            ..Workspace::default()
        }
    }

    #[test]
    fn arrows_down_are_allowed() {
        let house = house(&[
            ("grantor-jose", &["serde"]),
            ("grantor-core", &["grantor-jose"]),
            ("grantor-store", &["grantor-core"]),
            ("grantor-store-connection", &["grantor-store"]),
            ("grantor-store-redis", &["grantor-store-connection"]),
            ("grantor-store-sqlite", &["grantor-store"]),
            ("grantor", &["grantor-store-sqlite", "grantor-core"]),
            ("grantor-cli", &["grantor-store-sqlite", "grantor-core"]),
        ]);
        assert!(arrows_up(&house).is_empty());
    }

    #[test]
    fn arrows_up_and_sideways_are_found() {
        let house = house(&[
            ("grantor-jose", &["grantor-core"]),
            ("grantor-core", &[]),
            ("grantor-http", &["grantor-store"]),
            ("grantor-store", &["grantor-store-sqlite"]),
            ("grantor-store-connection", &["grantor-store-sqlite"]),
            ("grantor-store-sqlite", &[]),
            ("grantor-testkit", &["grantor-server"]),
            ("grantor-server", &["grantor-axum"]),
            ("grantor-axum", &["grantor"]),
            ("grantor", &["grantor-testkit"]),
            ("grantor-cli", &["grantor-testkit"]),
        ]);
        assert_eq!(
            arrows_up(&house),
            [
                "grantor must not depend on grantor-testkit",
                "grantor-axum must not depend on grantor",
                "grantor-cli must not depend on grantor-testkit",
                "grantor-http must not depend on grantor-store",
                "grantor-jose must not depend on grantor-core",
                "grantor-server must not depend on grantor-axum",
                "grantor-store must not depend on grantor-store-sqlite",
                "grantor-store-connection must not depend on grantor-store-sqlite",
                "grantor-testkit must not depend on grantor-server",
            ]
        );
    }

    #[test]
    fn a_crate_without_a_place_is_found() {
        assert_eq!(
            arrows_up(&house(&[("grantor-attic", &[])])),
            ["grantor-attic has no place in the table of layers"]
        );
    }

    #[test]
    fn a_crate_with_lints_of_its_own_is_found() {
        let mut house = house(&[("grantor-core", &[])]);
        assert!(own_lints(&house).is_empty());
        house
            .crates
            .entry("grantor-core".to_owned())
            .and_modify(|one| {
                one.takes_workspace_lints = false;
            });
        assert_eq!(
            own_lints(&house),
            ["grantor-core lacks `[lints] workspace = true`"]
        );
    }
}
