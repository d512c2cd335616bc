//! The table, held against the documentation.

use std::path::Path;

use clap::CommandFactory;

use super::*;
use crate::args::Args;

fn documentation() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_documentation_has_the_same_table() {
    let rows = keys().map(|key| {
        let Key {
            name,
            takes,
            default,
            meaning,
            ..
        } = key;
        format!("| `{name}` | {takes} | {default} | {meaning} |")
    });
    let documentation = documentation();
    let written: Vec<&str> = documentation
        .lines()
        .filter(|line| line.starts_with("| `") && !line.starts_with("| `GRANTOR_"))
        .collect();
    assert_eq!(written, rows.collect::<Vec<_>>());
}

#[test]
fn the_documentation_has_every_variable() {
    fn variables(command: &clap::Command, found: &mut Vec<String>) {
        let own = command.get_arguments().filter_map(clap::Arg::get_env);
        found.extend(own.map(|name| name.to_str().unwrap().to_owned()));
        for inner in command.get_subcommands() {
            variables(inner, found);
        }
    }
    let mut names = [
        "CLIENT_SECRET",
        "LOG",
        "MASTER_KEY",
        "PASSWORD",
        "REGISTRATION_TOKEN",
        "STORE_URL",
        "TOKEN",
    ]
    .map(|name| format!("GRANTOR_{name}"))
    .to_vec();
    variables(&Args::command(), &mut names);
    names.sort();
    names.dedup();
    let documentation = documentation();
    let rows = documentation
        .lines()
        .filter_map(|line| line.strip_prefix("| `GRANTOR_"));
    let mut written: Vec<String> = rows
        .map(|row| format!("GRANTOR_{}", row.split('`').next().unwrap()))
        .collect();
    written.sort();
    assert_eq!(written, names);
}

#[test]
fn the_defaults_in_the_table_are_those_of_the_server() {
    let server = grantor_server::Config::default();
    for (name, lifetime) in [
        ("tokens.access_lifetime", server.access_token_lifetime),
        (
            "tokens.refresh_lifetime",
            server.refresh_token_lifetime.duration().unwrap(),
        ),
        ("tokens.refresh_grace", server.refresh_grace),
        ("tokens.code_lifetime", server.code_lifetime),
        (
            "tokens.pushed_request_lifetime",
            server.pushed_request_lifetime,
        ),
        ("tokens.device_code_lifetime", server.device_code_lifetime),
        ("unused_client_lifetime", server.unused_client_lifetime),
        ("client_cache", server.client_cache),
        ("request_deadline", server.request_deadline),
    ] {
        let key = keys().find(|key| key.name == name).unwrap();
        assert_eq!(key.default, format!("`{}`", lifetime.as_secs()), "{name}");
    }
    let config = Config::default();
    let defaults: Vec<_> = keys().map(|key| key.default).collect();
    assert_eq!(defaults[0], format!("`\"{}\"`", config.data.display()));
    assert_eq!(defaults[1], format!("`\"{}\"`", config.listen));
    assert_eq!(config.access_tokens(), server.access_tokens);
    assert_eq!(config.profile, server.profile);
    assert_eq!(server.grant_lifetime, grantor_server::Lifetime::NeverEnds);
    assert_eq!(config.default_scope, server.default_scope);
    assert_eq!(config.scope_separator, server.scope_separator);
    let listener = config.listener;
    for (name, default) in [
        ("listener.max_connections", listener.max_connections),
        ("listener.max_memory", listener.max_memory / 1024 / 1024),
        (
            "listener.max_connection_memory",
            listener.max_connection_memory / 1024,
        ),
    ] {
        let key = keys().find(|key| key.name == name).unwrap();
        assert_eq!(key.default, format!("`{default}`"), "{name}");
    }
}
