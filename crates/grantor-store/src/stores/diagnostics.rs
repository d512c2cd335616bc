//! The faults of a configuration of stores.

use crate::kinds::Kind;
use crate::record::Record;
use crate::records::Records;
use crate::stores::Stores;

/// The faults of a configuration of stores, all of them at once.
///
/// ```
/// # use grantor_store::{Diagnostics, Record, Records, Stores};
/// fn build<A: Record, B: Record>(stores: &Stores) -> Result<(Records<A>, Records<B>), Vec<String>> {
///     let mut diagnostics = Diagnostics::default();
///     let a = diagnostics.records::<A>(stores);
///     let b = diagnostics.records::<B>(stores);
///     match (a, b) {
///         (Some(a), Some(b)) => Ok((a, b)),
///         _ => Err(diagnostics.problems),
///     }
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    /// The faults that prevent a start, one message each.
    pub problems: Vec<String>,
    /// Each warning with the kinds of record that it is about.
    warnings: Vec<(String, Vec<Kind>)>,
}

impl Diagnostics {
    /// The records of kind `R`, or none and a problem noted, with a warning noted if there is one.
    pub fn records<R: Record>(&mut self, stores: &Stores) -> Option<Records<R>> {
        match stores.records() {
            Ok(records) => {
                if let Some(warning) = stores.warning::<R>() {
                    self.warn(warning, R::KIND);
                }
                Some(records)
            }
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    /// The warnings that an operator should read at every start: each once, with the names of the kinds
    /// that it is about.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.warnings.iter().map(|(warning, kinds)| {
            let kinds: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
            format!("{warning} ({})", kinds.join(", "))
        })
    }

    fn warn(&mut self, warning: String, kind: Kind) {
        let mut known = self.warnings.iter_mut();
        match known.find(|(known, _)| *known == warning) {
            Some((_, kinds)) => kinds.push(kind),
            None => self.warnings.push((warning, vec![kind])),
        }
    }
}
