//! Values: tokens, their parameters and their subjects.

pub(crate) mod access_token;
pub(crate) mod cached_token;
pub(crate) mod credential;
pub(crate) mod dpop_key;
pub(crate) mod lifetime;
pub(crate) mod nonces;
pub(crate) mod parameters;
pub(crate) mod reason;
pub(crate) mod scheme;
pub(crate) mod subject;
pub(crate) mod token_set;
