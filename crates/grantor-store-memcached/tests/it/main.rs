//! The memcached store on a real server: held to the contract, and to what goes wrong between them.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

mod contract;
mod counts;
mod failures;
mod opening;

use grantor_testservers::stores::{block_on, creation, runtime, suite, value_of};
