//! Values: tokens, their parameters and their subjects.

pub(crate) mod cached_token;
pub(crate) mod parameters;
pub(crate) mod subject;
pub(crate) mod token_set;
