//! Threads, tasks and waiting. Nothing in here knows OAuth.

pub(crate) mod block_on;
pub(crate) mod tasks;
pub(crate) mod worker;
