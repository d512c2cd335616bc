//! The command line as a user has it: the real binary, with folders, ports and signals of its own.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

mod api;
mod backups;
mod bad_input;
mod certificates;
mod client_certificates;
mod client_settings;
mod clients;
mod cluster;
mod configuration;
mod crashes;
mod decode;
mod discover;
mod grantor;
mod grants;
mod guessing;
#[cfg(feature = "keyring")]
mod keyring;
mod keys;
mod legacy;
mod login;
mod manual;
mod mcp;
mod moving;
mod output;
mod request;
mod saved_logins;
mod secrets;
mod servers;
mod serving;
mod shared_file;
mod shared_stores;
#[cfg(feature = "socks")]
#[path = "../../../grantor-http/tests/support/socks.rs"]
mod socks;
mod token;
mod token_options;
mod tokens;
mod users;
mod web;
