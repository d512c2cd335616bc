//! From bytes to a call and back.

pub(crate) mod service;
