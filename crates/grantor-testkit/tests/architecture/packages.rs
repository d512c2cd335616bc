//! Which foreign packages a crate may bring with it.

use crate::Findings;
use crate::graph::Workspace;

/// The crates that are values and functions alone.
pub(crate) const PURE: [&str; 2] = ["grantor-jose", "grantor-core"];

/// The packages that those two may name, of data and arithmetic. A new one is a decision.
const PURE_MAY_NAME: [&str; 17] = [
    "aws-lc-rs", // held to grantor-jose by the rule on cryptography
    "base64",
    "bytes",
    "form_urlencoded",
    "grantor-jose",
    "http",
    "httpdate", // reads dates, and no clock
    "ipnet",    // reads networks, and opens none
    "itoa",
    "memchr",
    "miniz_oxide", // inflates what "zip" deflated, up to a limit
    "percent-encoding",
    "serde",
    "serde_json",
    "subtle",
    "url",
    "zeroize",
];

/// The packages that must not come in behind those either.
const DOES_IO: [&str; 12] = [
    "async-std",
    "chrono",
    "futures-executor",
    "hyper",
    "jiff",
    "mio",
    "rand",
    "reqwest",
    "smol",
    "socket2",
    "time",
    "tokio",
];

const CRYPTOGRAPHY: [&str; 16] = [
    "aws-lc-rs",
    "aws-lc-sys",
    "ecdsa",
    "ed25519-dalek",
    "hkdf",
    "hmac",
    "jsonwebtoken",
    "md-5",
    "openssl",
    "p256",
    "p384",
    "ring",
    "rsa",
    "sha1",
    "sha2",
    "x25519-dalek",
];

/// The crates that may name a cryptography library: the one that has the primitives, and the one
/// signature that its safe interface lacks.
const MAY_NAME_CRYPTOGRAPHY: [&str; 2] = ["grantor-jose", "grantor-rsa-sha1"];

/// The crates that open TLS connections. There a feature of `rustls` chooses its cryptography;
/// no primitive is called.
const OPENS_CONNECTIONS: [&str; 4] = [
    "grantor-http",
    "grantor-cli",
    "grantor-store-connection",
    "grantor-store-mysql",
];
const TLS: &str = "rustls";

const WEB_FRAMEWORKS: [&str; 10] = [
    "actix-web",
    "axum",
    "axum-core",
    "gotham",
    "poem",
    "rocket",
    "salvo",
    "tide",
    "viz",
    "warp",
];
const DATABASES: [&str; 13] = [
    "diesel",
    "libsqlite3-sys",
    "memcache",
    "mongodb",
    "mysql_async",
    "postgres",
    "redis",
    "rusqlite",
    "sea-orm",
    "sled",
    "sqlx",
    "sqlx-core",
    "tokio-postgres",
];

/// The packages of a site: accounts and pages.
const SITES: [&str; 5] = ["argon2", "askama", "grantor-site", "maud", "tera"];

/// Crates that name a cryptography library and are not the one that may.
pub(crate) fn cryptography(workspace: &Workspace) -> Findings {
    let mut findings = Findings::new();
    for (name, one) in &workspace.crates {
        for dependency in &one.dependencies {
            let dependency = dependency.as_str();
            let may = MAY_NAME_CRYPTOGRAPHY.contains(&name.as_str());
            let primitive = CRYPTOGRAPHY.contains(&dependency) && !may;
            let tls = dependency == TLS && !OPENS_CONNECTIONS.contains(&name.as_str());
            if primitive || tls {
                findings.push(format!("{name} names {dependency}: use grantor-jose"));
            }
        }
    }
    findings
}

/// Packages of the pure crates that are not data and arithmetic.
pub(crate) fn pure(workspace: &Workspace) -> Findings {
    let mut findings = Findings::new();
    for name in PURE {
        let Some(one) = workspace.crates.get(name) else {
            findings.push(format!("{name} is not in the workspace"));
            continue;
        };
        for dependency in &one.dependencies {
            if !PURE_MAY_NAME.contains(&dependency.as_str()) {
                findings.push(format!(
                    "{name} names {dependency}, which is not on the list"
                ));
            }
        }
        findings.extend(brought(workspace, name, &DOES_IO));
    }
    findings
}

/// Web frameworks, databases, accounts and pages in the build of the server's crate.
pub(crate) fn server(workspace: &Workspace) -> Findings {
    let mut findings = brought(workspace, "grantor-server", &WEB_FRAMEWORKS);
    findings.extend(brought(workspace, "grantor-server", &DATABASES));
    findings.extend(brought(workspace, "grantor-server", &SITES));
    findings
}

fn brought(workspace: &Workspace, name: &str, forbidden: &[&str]) -> Findings {
    let closure = workspace.closure(name);
    forbidden
        .iter()
        .filter(|package| closure.contains(**package))
        .map(|package| format!("{name} brings {package} into the build"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Crate;
    use std::collections::BTreeSet;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn house(crates: &[(&str, &[&str])], packages: &[(&str, &[&str])]) -> Workspace {
        Workspace {
            crates: crates
                .iter()
                .map(|(name, names)| {
                    let one = Crate {
                        dependencies: set(names),
                        takes_workspace_lints: true,
                    };
                    ((*name).to_owned(), one)
                })
                .collect(),
            packages: packages
                .iter()
                .map(|(name, names)| ((*name).to_owned(), set(names)))
                .collect(),
            ..Workspace::default()
        }
    }

    #[test]
    fn cryptography_outside_jose_is_found() {
        let house = house(
            &[
                ("grantor-jose", &["aws-lc-rs"]),
                ("grantor-rsa-sha1", &["aws-lc-sys"]),
                ("grantor-core", &["sha2"]),
                ("grantor-http", &["rustls"]),
                ("grantor-server", &["aws-lc-rs", "rustls"]),
            ],
            &[],
        );
        assert_eq!(
            cryptography(&house),
            [
                "grantor-core names sha2: use grantor-jose",
                "grantor-server names aws-lc-rs: use grantor-jose",
                "grantor-server names rustls: use grantor-jose",
            ]
        );
    }

    #[test]
    fn what_a_pure_crate_may_not_name_or_bring_is_found() {
        let house = house(
            &[
                ("grantor-jose", &["base64", "rayon"]),
                ("grantor-core", &["grantor-jose", "http"]),
            ],
            &[("http", &["bytes"]), ("bytes", &["tokio"])],
        );
        assert_eq!(
            pure(&house),
            [
                "grantor-jose names rayon, which is not on the list",
                "grantor-core brings tokio into the build",
            ]
        );
    }

    #[test]
    fn a_pure_crate_that_is_gone_is_found() {
        assert_eq!(
            pure(&house(&[("grantor-jose", &[])], &[])),
            ["grantor-core is not in the workspace"]
        );
    }

    #[test]
    fn a_framework_a_database_or_a_site_behind_the_server_is_found() {
        let house = house(
            &[
                ("grantor-server", &["argon2", "grantor-store"]),
                ("grantor-store", &["rusqlite", "pages"]),
            ],
            &[("pages", &["axum-core"]), ("rusqlite", &["libsqlite3-sys"])],
        );
        assert_eq!(
            server(&house),
            [
                "grantor-server brings axum-core into the build",
                "grantor-server brings libsqlite3-sys into the build",
                "grantor-server brings rusqlite into the build",
                "grantor-server brings argon2 into the build",
            ]
        );
    }
}
