//! Every field of a client has an option of `client add` and `client set`, and is shown.

use std::collections::BTreeMap;

use clap::Parser;
use grantor_server::Client;
use tempfile::TempDir;

use super::Changes;
use crate::args::{self, Args, Command};
use crate::command::client::show;

/// The fields of a client, and an option with a value that no new client has. `KEYS` stands for a file.
const OPTIONS: [(&str, &[&str]); 20] = [
    ("name", &["--name", "A Job"]),
    ("auth_method", &["--auth-method", "client_secret_jwt"]),
    ("jwks", &["--jwks", "KEYS"]),
    ("jwks_uri", &["--jwks-uri", "https://a.example/keys"]),
    (
        "danger_assertion_audience_token_endpoint",
        &["--danger-assertion-audience-token-endpoint", "true"],
    ),
    ("grant_types", &["--grant", "password"]),
    ("scope", &["--scope", "read"]),
    ("redirect_uris", &["--redirect-uri", "https://a.example/cb"]),
    ("redirect_schemes", &["--redirect-scheme", "vscode"]),
    ("resources", &["--allow-resource", "https://b.example"]),
    (
        "resource_identifier",
        &["--resource-server", "https://c.example"],
    ),
    (
        "require_pushed_authorization_requests",
        &["--require-pushed-requests", "true"],
    ),
    (
        "dpop_bound_access_tokens",
        &["--dpop-bound-access-tokens", "true"],
    ),
    ("require_dpop_nonces", &["--require-dpop-nonces", "true"]),
    ("opaque_access_tokens", &["--opaque-access-tokens", "true"]),
    ("rotation", &["--rotation", "always"]),
    ("access_token_lifetime", &["--access-lifetime", "2m"]),
    ("refresh_token_lifetime", &["--refresh-lifetime", "12h"]),
    ("grant_lifetime", &["--grant-lifetime", "90d"]),
    ("default_scope", &["--default-scope", "write"]),
];

/// The fields that an operator can't change, and why.
const NOT_SET: [(&str, &str); 4] = [
    ("id", "records name the client by it"),
    ("registered_by", "it is the way in which the client came"),
    ("unused_until", "only a client that registers itself has it"),
    ("epoch", "it is drawn when the client is added"),
];

const KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// The fields of a client by name, each as `Debug` writes it: the one list that cannot lack one.
fn fields(client: &Client) -> BTreeMap<String, String> {
    let text = format!("{client:#?}");
    let mut fields = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines() {
        let field = line
            .strip_prefix("    ")
            .filter(|rest| !rest.starts_with(' '));
        if let Some((field, _)) = field.and_then(|rest| rest.split_once(": ")) {
            field.clone_into(&mut name);
        }
        let own: &mut String = fields.entry(name.clone()).or_default();
        own.push_str(line);
    }
    fields.remove("");
    fields
}

/// A client after a command with these options.
fn changed(command: &str, options: &[&str], keys: &str) -> Client {
    let options = options
        .iter()
        .map(|word| if *word == "KEYS" { keys } else { word });
    let words = ["grantor", "client", command, "job"]
        .into_iter()
        .chain(options);
    let settings = match Args::try_parse_from(words).unwrap().command {
        Command::Client(args::Client::Add(add)) => add.settings,
        Command::Client(args::Client::Set(set)) => set.settings,
        other => panic!("{other:?}"),
    };
    let mut client = Client::new("job", "1");
    Changes::read(settings).unwrap().apply(&mut client);
    client
}

#[test]
fn every_field_of_a_client_has_an_option_that_changes_it_alone_and_is_shown() {
    let folder = TempDir::new().unwrap();
    let keys = folder.path().join("keys.json");
    std::fs::write(&keys, KEYS).unwrap();
    let before = Client::new("job", "1");
    let listed = OPTIONS.map(|(field, _)| field);
    let listed = listed.into_iter().chain(NOT_SET.map(|(field, _)| field));
    let mut listed: Vec<&str> = listed.collect();
    listed.sort_unstable();
    let all = fields(&before);
    assert_eq!(all.keys().collect::<Vec<_>>(), listed);
    for (field, options) in OPTIONS {
        for command in ["add", "set"] {
            let client = changed(command, options, keys.to_str().unwrap());
            let after = fields(&client);
            let differs = all.iter().filter(|(name, text)| after[*name] != **text);
            assert_eq!(differs.map(|(name, _)| name).collect::<Vec<_>>(), [field]);
            assert_ne!(show::details(&client), show::details(&before), "{field}");
            assert_ne!(show::to_json(&client), show::to_json(&before), "{field}");
        }
    }
}
