//! Answers to the client, once the user has decided.

mod answer;
pub(super) mod code;
pub(super) mod device;
pub(super) mod pushed;
mod token;
pub(super) mod verification;
