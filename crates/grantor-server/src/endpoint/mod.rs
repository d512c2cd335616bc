//! The endpoints, one file each.

mod introspection;
pub(crate) mod metadata;
mod revocation;
mod token;
