//! The contract of [`Store`] as a suite that holds any adapter to it.
//!
//! An adapter runs it in a test of its own crate:
//!
//! ```
//! use grantor_store::MemoryStore;
//! use grantor_store::contract::{Suite, run};
//! # fn environment() -> grantor_core::Environment { grantor_http::system() }
//!
//! run(|| Suite::new(MemoryStore::new(), environment())).unwrap();
//! ```
//!
//! Every rule draws keys of its own, so that a database may be used again and again.

mod alternating;
mod conditions;
mod counting;
mod durability;
mod expiry;
mod formats;
mod get_many;
mod listing;
mod races;
mod removal;
mod suite;
mod values;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use self::alternating::Alternating;
pub use self::formats::{assert_own_formats, check_formats};
pub use self::suite::Suite;
#[cfg(doc)]
use crate::store::Store;

/// One sentence of the contract.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The sentence, with underscores.
    pub name: &'static str,
    check: fn(&Suite) -> Outcome,
}

/// The rule that did not hold, if any.
type Outcome = Result<(), String>;

macro_rules! rules {
    ($($module:ident: $($name:ident)*;)*) => {
        /// The whole contract.
        pub const RULES: &[Rule] = &[$($(
            Rule { name: stringify!($name), check: $module::$name },
        )*)*];
    };
}

rules! {
    values:
        what_was_put_is_read_back
        keys_of_every_length_are_apart
        keys_compare_bytewise
        values_hold_any_bytes_up_to_the_limit
        a_value_over_the_limit_is_refused_and_changes_nothing
        a_get_sees_every_acknowledged_put;
    conditions:
        absent_creates_once
        a_version_is_compared_whole
        a_version_matches_no_absent_record
        any_overwrites
        a_conflict_changes_nothing
        a_repeated_put_answers_stored
        an_overtaken_put_conflicts
        a_version_from_before_a_removal_never_matches;
    removal:
        a_removal_heeds_its_expectation
        a_removed_record_can_be_created_again;
    expiry:
        an_expiry_is_kept_as_given
        a_dead_record_is_kept_for_the_clock_skew
        a_live_record_is_never_lost;
    races:
        one_of_many_creators_wins
        one_of_many_updates_wins
        a_code_is_redeemed_once
        a_dead_record_is_taken_over_once
        a_record_is_removed_once
        no_increment_is_lost
        conflicts_leave_neighbours_alone;
    listing:
        a_listing_is_in_order_and_complete
        a_listing_keeps_to_its_prefix;
    get_many:
        many_are_read_in_the_order_asked_for
        many_see_every_acknowledged_put;
    counting:
        a_counter_sums_within_its_window
        counters_of_other_keys_and_windows_are_apart
        no_count_is_lost;
    durability:
        what_was_acknowledged_outlives_the_store;
}

/// A rule that a store breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The name of the rule.
    pub rule: &'static str,
    /// The observed behaviour.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.message)
    }
}

/// Checks every rule, each with what `suite` makes. A panic counts as a failure.
///
/// # Errors
/// Every rule that does not hold.
pub fn run(suite: impl Fn() -> Suite) -> Result<(), Vec<Failure>> {
    let failures: Vec<_> = RULES
        .iter()
        .filter_map(|rule| rule.check(&suite()).err())
        .collect();
    match failures.is_empty() {
        true => Ok(()),
        false => Err(failures),
    }
}

impl Rule {
    /// Checks this rule alone.
    ///
    /// # Errors
    /// It does not hold.
    pub fn check(&self, suite: &Suite) -> Result<(), Failure> {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.check)(suite)));
        let outcome = outcome.unwrap_or_else(|_| Err("a panic".to_owned()));
        outcome.map_err(|message| Failure {
            rule: self.name,
            message,
        })
    }
}
