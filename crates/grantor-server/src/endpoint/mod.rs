//! The endpoints, one function each. The authorization endpoint has a room of its own.

pub(crate) mod client_configuration;
pub(crate) mod health;
pub(crate) mod introspection;
pub(crate) mod jwks;
pub(crate) mod metadata;
pub(crate) mod registration;
pub(crate) mod revocation;
mod signed_introspection;
pub(crate) mod site_page;
pub(crate) mod token;
