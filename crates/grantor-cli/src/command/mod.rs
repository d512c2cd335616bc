//! The commands, one file each.

pub(crate) mod backup;
pub(crate) mod client;
mod client_certificate;
mod client_options;
pub(crate) mod completions;
mod connection;
pub(crate) mod decode;
pub(crate) mod demo;
pub(crate) mod discover;
mod dpop;
mod grant_options;
mod input;
pub(crate) mod introspect;
pub(crate) mod key;
mod key_file;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod man;
mod progress;
pub(crate) mod request;
pub(crate) mod revoke;
mod saved_logins;
pub(crate) mod serve;
mod server_options;
pub(crate) mod store;
pub(crate) mod token;
mod token_options;
pub(crate) mod user;

pub(crate) use input::{secret_from_environment, secret_unless_empty};
