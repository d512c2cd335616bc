//! Programs, APIs, servers and stores that harm the client.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod bodies;
mod callbacks;
mod doors;
mod layer;
mod limits;
mod logins;
mod overtaken;
mod peers;
mod seams;
mod sessions;
mod shared_store;
mod stores;
mod subjects;
mod values;
mod words;
