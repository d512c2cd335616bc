//! Threads, tasks and waiting. Nothing in here knows OAuth.

pub(crate) mod block_on;
pub(crate) mod caught;
pub(crate) mod deadline;
pub(crate) mod instant;
pub(crate) mod jitter;
pub(crate) mod per_thread;
pub(crate) mod tasks;
pub(crate) mod worker;
