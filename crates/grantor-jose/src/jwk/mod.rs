//! Keys and sets of them as JSON (RFC 7517).

mod checks;
mod curve;
pub(crate) mod material;
mod members;
pub(crate) mod private;
mod public_key;
mod roca;
mod set;

pub(crate) use curve::Curve;
pub(crate) use material::Material;
pub(crate) use members::{Intended, Usage};
pub(crate) use private::Private;
pub use public_key::PublicKey;
pub use set::{KeySet, Skipped};
