//! The house rules of ARCHITECTURE.md that a machine can hold.
//!
//! Reads the manifests, the lock file and the sources of this repository. Every rule is a function
//! from what was read to the list of what breaks it, and each has a test on a made-up repository
//! that breaks it.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it cannot read")]

mod attacks;
mod explained_features;
mod features;
mod files;
mod graph;
mod houses;
mod layers;
mod map;
mod module_docs;
mod outgoing;
mod packages;
mod proofs;
mod purity;
mod rooms;
mod rust;
mod unused;

use std::path::Path;

/// The violations of a rule, one sentence each.
type Findings = Vec<String>;

fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap()
}

#[track_caller]
fn assert_none(findings: &Findings) {
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

#[test]
fn arrows_point_down() {
    assert_none(&layers::arrows_up(&graph::Workspace::read(root())));
}

#[test]
fn every_crate_takes_the_workspace_lints() {
    assert_none(&layers::own_lints(&graph::Workspace::read(root())));
}

#[test]
fn only_jose_names_the_cryptography_library() {
    assert_none(&packages::cryptography(&graph::Workspace::read(root())));
}

#[test]
fn core_and_jose_depend_on_nothing_that_does_io() {
    assert_none(&packages::pure(&graph::Workspace::read(root())));
}

#[test]
fn server_brings_no_web_framework_no_database_and_no_site() {
    assert_none(&packages::server(&graph::Workspace::read(root())));
}

#[test]
fn whoever_sends_nothing_builds_no_http_client() {
    assert_none(&outgoing::findings(&graph::Workspace::read(root())));
}

#[test]
fn core_and_jose_do_no_io_read_no_clock_and_hold_no_global() {
    let tree = files::Tree::read(root());
    for name in packages::PURE {
        let folder = format!("crates/{name}/src/");
        let sources: Vec<_> = tree.under(&folder).collect();
        assert!(!sources.is_empty(), "{folder} holds no sources");
        assert_none(&purity::findings(sources));
    }
}

#[test]
fn every_dependency_is_used() {
    assert_none(&unused::findings(&files::Tree::read(root())));
}

#[test]
fn every_feature_is_in_the_table_of_its_crate() {
    assert_none(&explained_features::unexplained(&files::Tree::read(root())));
}

#[test]
fn rooms_use_only_those_below_them() {
    let tree = files::Tree::read(root());
    for house in houses::HOUSES {
        assert_none(&rooms::findings(&tree, house));
    }
}

#[test]
fn every_room_is_in_the_map_of_the_code() {
    let tree = files::Tree::read(root());
    let map = tree.text("ARCHITECTURE.md").unwrap_or_default();
    for house in houses::HOUSES {
        assert_none(&map::unmapped(map, house));
    }
}

#[test]
fn every_module_of_these_crates_says_what_it_is() {
    assert_none(&module_docs::missing(&files::Tree::read(root())));
}

#[test]
fn files_are_short() {
    assert_none(&files::Tree::read(root()).too_long());
}

#[test]
fn nothing_is_left_for_later() {
    assert_none(&files::Tree::read(root()).left_open());
}

#[test]
fn no_registry_and_no_machine_is_named() {
    assert_none(&files::Tree::read(root()).places());
}

#[test]
fn every_attack_has_its_tests_and_every_check_its_line() {
    assert_none(&attacks::findings(&files::Tree::read(root())));
}

#[test]
fn every_feature_of_the_client_has_a_test() {
    assert_none(&proofs::findings(&files::Tree::read(root())));
}

#[test]
fn every_conformance_module_of_the_client_has_a_test_or_a_reason() {
    assert_none(&proofs::modules(&files::Tree::read(root())));
}
