//! Three servers behind a balancer, on one database, while servers and database are killed under load.
//!
//! What takes long is in `long`: `cargo xtask stores` runs it.

#![expect(clippy::print_stdout, reason = "a long run says what it measured")]

mod balancer;
mod databases;
mod example;
mod keys;
mod load;
mod long;
mod model;
mod operation;
mod person;
mod round_trips;
mod servers;
mod soak;
mod statistics;
