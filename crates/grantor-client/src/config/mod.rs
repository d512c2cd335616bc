//! The configuration, parsed once.

pub(crate) mod authorization_answer;
pub(crate) mod dpop;
pub(crate) mod endpoints;
pub(crate) mod id_tokens;
pub(crate) mod origin;
pub(crate) mod placement;
pub(crate) mod policy;
pub(crate) mod server;
