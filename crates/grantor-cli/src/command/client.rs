//! `grantor client`.

use std::process::ExitCode;
use std::time::Duration;

use grantor_core::{RedirectUri, Scope, Secret};
use grantor_server::{Client, NewClient, StoredClients};
use serde_json::{Value, json};

use super::input::secret_from_stdin;
use crate::args::{self, ClientAdd, Common};
use crate::config::Config;
use crate::data;
use crate::error::{CliError, list};
use crate::output::Output;

pub(crate) fn run(
    common: &Common,
    command: args::Client,
    output: &Output,
) -> Result<ExitCode, CliError> {
    let config = Config::for_common(common)?;
    crate::block_on(async {
        // What is wrong with the command line is said before anything is made.
        let command = match command {
            args::Client::Add(add) => Prepared::Add(Box::new(new_client(add, output)?)),
            args::Client::RotateSecret { id, secret_stdin } => {
                let secret = secret_stdin.then(|| chosen_secret(output)).transpose()?;
                Prepared::RotateSecret(id, secret)
            }
            args::Client::List => Prepared::List,
            args::Client::Remove { id } => Prepared::Remove(id),
        };
        let clients = StoredClients::open(&data::open_kept(&config).await?).await?;
        match command {
            Prepared::Add(new) => {
                let id = new.client.id.clone();
                let secret = clients.add(*new).await?;
                print_secret(&id, "added", secret.as_ref(), output)?;
            }
            Prepared::RotateSecret(id, secret) => {
                let secret = clients.rotate_secret(&id, secret, Duration::ZERO).await?;
                print_secret(&id, "changed", secret.as_ref(), output)?;
            }
            Prepared::List => print_list(&clients.list().await?.unwrap_or_default(), output)?,
            Prepared::Remove(id) => {
                if !clients.remove(&id).await? {
                    return Err(CliError::failed(format!("there is no client {id}")));
                }
                let json = json!({ "client_id": id, "removed": true });
                output.result(
                    &format!("client {id} removed, and all its tokens with it"),
                    &json,
                )?;
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

enum Prepared {
    Add(Box<NewClient>),
    List,
    Remove(String),
    RotateSecret(String, Option<Secret>),
}

fn new_client(add: ClientAdd, output: &Output) -> Result<NewClient, CliError> {
    let mut problems = Vec::new();
    let known = ["authorization_code", "client_credentials", "refresh_token"];
    for grant in &add.grants {
        if !known.contains(&grant.as_str()) {
            problems.push(format!(
                "--grant {grant}: must be one of {}",
                known.join(", ")
            ));
        }
    }
    let scope = Scope::parse(&add.scope.join(" ")).unwrap_or_else(|error| {
        problems.push(format!("--scope: {error}"));
        Scope::default()
    });
    let mut redirect_uris = Vec::new();
    for text in &add.redirect_uris {
        match RedirectUri::parse(text) {
            Ok(uri) => redirect_uris.push(uri),
            Err(error) => problems.push(format!("--redirect-uri {text}: {error}")),
        }
    }
    let secret = add
        .secret_stdin
        .then(|| chosen_secret(output))
        .transpose()?;
    let mut new = if add.public {
        NewClient::public(add.id)
    } else {
        NewClient::confidential(add.id)
    };
    new = new.with_grant_types(add.grants).with_scope(scope);
    new.client.name = add.name;
    new.client.redirect_uris = redirect_uris;
    new.client.resource_identifier = add.resource;
    new.secret = secret;
    // What could not be read would only look missing.
    if problems.is_empty() {
        problems = new.problems();
    }
    if problems.is_empty() {
        return Ok(new);
    }
    let headline = format!("the client {} can't be added", new.client.id);
    Err(CliError::usage(list(&headline, &problems)))
}

fn chosen_secret(output: &Output) -> Result<Secret, CliError> {
    let secret = secret_from_stdin("the client's secret")?;
    if secret.expose().len() < 16 {
        output.note("grantor: that secret is short enough to be guessed; a generated one is not");
    }
    Ok(secret)
}

fn print_secret(
    id: &str,
    what: &str,
    secret: Option<&Secret>,
    output: &Output,
) -> Result<(), CliError> {
    let mut json = json!({ "client_id": id });
    let mut text = format!("client {id} {what}");
    if let Some(secret) = secret {
        json["client_secret"] = Value::from(secret.expose());
        text = format!("{text}\nsecret, shown this once: {}", secret.expose());
    }
    output.result(&text, &json)
}

fn print_list(clients: &[Client], output: &Output) -> Result<(), CliError> {
    let json: Vec<Value> = clients
        .iter()
        .map(|client| {
            json!({
                "client_id": client.id,
                "name": client.name,
                "public": client.is_public(),
                "grants": client.grant_types,
                "scope": client.scope,
                "redirect_uris": client.redirect_uris,
                "resource": client.resource_identifier,
            })
        })
        .collect();
    let lines: Vec<String> = clients
        .iter()
        .map(|client| {
            let kind = match (&client.resource_identifier, client.is_public()) {
                (Some(resource), _) => format!("resource server {resource}"),
                (None, true) => "public".to_owned(),
                (None, false) => "confidential".to_owned(),
            };
            let grants = client.grant_types.join(",");
            format!("{}  {kind}  {grants}  {}", client.id, client.scope)
        })
        .collect();
    let text = if lines.is_empty() {
        "no clients yet: grantor client add ID --grant client_credentials --scope read".to_owned()
    } else {
        lines.join("\n")
    };
    output.result(&text, &Value::from(json))
}
