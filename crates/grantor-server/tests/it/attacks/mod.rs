//! Attacks and bugs that other servers had, one file for each family. Each test has its source in its
//! documentation.

mod assertions;
mod codes;
mod devices;
mod sessions;
mod token_exchange;
mod user_codes;
