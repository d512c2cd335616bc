//! What the user's answer issues.

pub(super) mod code;
