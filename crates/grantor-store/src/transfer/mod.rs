//! Moving records from one store to another, sealing them under another key, and removing those that
//! are dead.
//!
//! Keys, values and versions are copied as they are. Sealed values stay sealed: the target needs the
//! same master key and the same namespace.

mod collect;
mod compare;
mod copy;
mod kind_counts;
mod mark;
mod reseal;
mod target;
mod walk;

#[cfg(test)]
mod tests;

pub use collect::{collect_dead, count_dead};
pub use compare::{Comparison, compare};
pub use copy::{Copied, copy};
pub use kind_counts::KindCounts;
pub use reseal::{Resealed, count_to_reseal, reseal, reseal_store};
