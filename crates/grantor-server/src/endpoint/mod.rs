//! The endpoints, one function each. The authorization endpoint has a room of its own.

pub(crate) mod introspection;
pub(crate) mod jwks;
pub(crate) mod metadata;
pub(crate) mod revocation;
pub(crate) mod site_page;
pub(crate) mod token;
