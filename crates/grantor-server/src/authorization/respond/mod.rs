//! Answers to the client, once the user has decided.

pub(super) mod code;
pub(super) mod pushed;
