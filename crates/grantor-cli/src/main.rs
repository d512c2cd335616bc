//! The grantor command.
fn main() {}
