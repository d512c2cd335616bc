//! Which crates of ours build no HTTP client and no TLS.

use crate::Findings;
use crate::features::build;
use crate::graph::Workspace;

/// Crates, and the features they have none of these with.
const WITHOUT: [(&str, &[&str]); 8] = [
    ("grantor", &["client"]),
    ("grantor-client", &[]),
    ("grantor-http", &[]),
    ("grantor-store", &["default"]),
    ("grantor-server", &["default"]),
    ("grantor-resource", &["default"]),
    ("grantor-axum", &["default"]),
    ("grantor-actix", &["server"]),
];

const CLIENTS: [&str; 5] = [
    "reqwest",
    "rustls",
    "rustls-platform-verifier",
    "tokio-rustls",
    "ureq",
];

/// HTTP clients in builds that are to have none.
pub(crate) fn findings(workspace: &Workspace) -> Findings {
    let mut findings = Findings::new();
    for (name, features) in WITHOUT {
        if !workspace.manifests.contains_key(name) {
            findings.push(format!("{name} is not in the workspace"));
        }
        let built = build(workspace, name, features);
        let clients = CLIENTS.iter().filter(|client| built.contains(**client));
        findings.extend(clients.map(|client| format!("{name} with {features:?} builds {client}")));
    }
    findings
}

#[test]
fn a_client_that_is_always_built_is_found() {
    let manifests = WITHOUT.map(|(name, _)| {
        let text = match name {
            "grantor-http" => "[dependencies]\nreqwest = { version = \"1\", optional = true }",
            "grantor-server" => "[dependencies]\ngrantor-store = \"1\"",
            "grantor-store" => "[dependencies]\nureq = \"1\"",
            _ => "",
        };
        let manifest = text.parse().unwrap();
        let manifest = crate::features::Manifest::parse(&manifest, &toml::Table::new());
        (name.to_owned(), manifest)
    });
    let mut house = Workspace {
        manifests: manifests.into(),
        ..Workspace::default()
    };
    let expected = [
        "grantor-store with [\"default\"] builds ureq",
        "grantor-server with [\"default\"] builds ureq",
    ];
    assert_eq!(findings(&house), expected);
    house.manifests.remove("grantor-actix");
    let last = findings(&house).pop();
    assert_eq!(
        last.as_deref(),
        Some("grantor-actix is not in the workspace")
    );
}
