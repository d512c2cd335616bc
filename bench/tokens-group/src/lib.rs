//! The calls that the group `tokens` counts, in a library of their own: what the compiler inlines into
//! them depends on nothing else that the group does.

pub mod identity_provider;
pub mod layer;
pub mod ours;

/// The measured operation, ready to be called.
pub type Call = Box<dyn FnMut()>;
