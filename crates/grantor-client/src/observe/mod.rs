//! How a program observes its tokens: events, hooks, counters, callbacks.

pub(crate) mod counters;
pub(crate) mod event;
pub(crate) mod hooks;
pub(crate) mod metrics;
pub(crate) mod observer;
pub(crate) mod token_change;
