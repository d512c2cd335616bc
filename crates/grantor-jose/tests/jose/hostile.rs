//! Hostile tokens, counted by kind.

use crate::table::{Suite, check, check_mutants};
use crate::{attacks, dpop, keys};

/// Each is a row of the table in the crate's documentation.
const SUITES: &[Suite] = &[
    attacks::hostile_tokens,
    dpop::hostile_proofs,
    keys::hostile_keys,
    keys::hostile_sets,
];

#[test]
fn hostile_sets_are_accepted_or_refused_as_expected() {
    check("Hostile sets", SUITES);
}

#[test]
fn a_broken_verifier_is_noticed() {
    check_mutants(SUITES);
}
