//! grantor's server as the groups measure it: one client, kept in memory or in SQLite, served by
//! `grantor_listen` on one thread.

mod kind;
mod ours;
mod serve;

pub use kind::Kind;
pub use ours::build;
pub use serve::serve;
