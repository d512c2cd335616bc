//! The hash of the maps.

#[cfg(feature = "foldhash")]
pub(super) use foldhash::fast::RandomState;
#[cfg(not(feature = "foldhash"))]
pub(super) use std::hash::RandomState;
