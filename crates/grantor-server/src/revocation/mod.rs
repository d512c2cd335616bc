//! Revoking many tokens at once, with one write and without finding them.

mod consent;
mod consents;
mod epoch_record;
mod epochs;
mod subjects;
mod target;

use grantor_store::{Diagnostics, Stores};

pub use consent::Consent;
pub(crate) use consents::Consents;
pub(crate) use epochs::Epochs;
pub use subjects::{RevocationEpoch, Subjects};
pub use target::Target;

/// The epochs of subjects, sessions and consents: a token is valid only while those that it was
/// issued under are the current ones.
#[derive(Debug)]
pub(crate) struct Revocation {
    pub(crate) epochs: Epochs,
    pub(crate) consents: Consents,
}

impl Revocation {
    pub(crate) fn prepare(stores: &Stores, diagnostics: &mut Diagnostics) -> Option<Self> {
        let epochs = Epochs::prepare(stores, diagnostics);
        let consents = Consents::prepare(stores, diagnostics);
        Some(Self {
            epochs: epochs?,
            consents: consents?,
        })
    }
}
