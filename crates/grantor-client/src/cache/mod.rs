//! One token kept fresh: the current one, the renewal under way, and the tokens of many subjects.
//! Nothing here knows a grant, the server or the store; a renewal is what the room `renew` returns.

pub(crate) mod registry;
pub(crate) mod rejections;
pub(crate) mod single_flight;
pub(crate) mod slot;
pub(crate) mod subject_cache;
