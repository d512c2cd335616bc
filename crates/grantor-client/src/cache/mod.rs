//! One token kept fresh: the current one, its renewal, and the tokens of many subjects.

pub(crate) mod registry;
pub(crate) mod rejections;
pub(crate) mod renewal;
pub(crate) mod share;
pub(crate) mod single_flight;
pub(crate) mod slot;
pub(crate) mod subject_cache;
