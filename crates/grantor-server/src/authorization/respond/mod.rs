//! What a decision issues.

mod code;
