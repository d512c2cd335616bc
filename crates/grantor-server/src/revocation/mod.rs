//! What ends many tokens at once.

mod consent;
mod epoch_record;
mod epochs;

pub(crate) use consent::ConsentRecord;
pub(crate) use epoch_record::AnchorRecord;
pub use epochs::Anchor;
pub(crate) use epochs::Epochs;
