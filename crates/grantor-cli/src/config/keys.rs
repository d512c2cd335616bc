//! The keys of a configuration file: one table for reading and for the documentation.

mod listener;
mod server;
mod tokens;
mod values;

use toml::Value;

pub(super) use self::values::{
    default_scope, flag, lifetime, profile, resource_url, seconds, text,
};
use super::Config;

/// A key that a file may have.
pub(super) struct Key {
    /// With its section before it.
    pub(super) name: &'static str,
    /// The values that it takes.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the documentation is held to it")
    )]
    pub(super) takes: &'static str,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the documentation is held to it")
    )]
    pub(super) default: &'static str,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the documentation is held to it")
    )]
    pub(super) meaning: &'static str,
    /// Reads a value into the settings, or says what is wrong with it.
    pub(super) apply: fn(&mut Config, &Value) -> Result<(), String>,
}

/// All keys, in the order of the documentation.
pub(super) fn keys() -> impl Iterator<Item = &'static Key> {
    let (server, tokens, listener) = (&server::KEYS, &tokens::KEYS, &listener::KEYS);
    server.iter().chain(tokens).chain(listener)
}

#[cfg(test)]
mod tests;
