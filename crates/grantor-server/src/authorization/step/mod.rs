//! The steps of an interaction with the user.

pub(super) mod ticket;
