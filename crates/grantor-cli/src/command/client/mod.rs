//! `grantor client`.

mod settings;
mod show;

use std::process::ExitCode;
use std::time::Duration;

use grantor_core::Secret;
use grantor_server::{ClientAuthMethod, NewClient, StoredClients};
use grantor_store::Stores;
use serde_json::{Value, json};

use self::settings::Changes;
use super::input::secret_from_stdin;
use crate::args::{self, ClientAdd, ClientSettings, Common};
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
    // A mistake in the command line is reported before anything is made.
    let command = match command {
        args::Client::Add(add) => Prepared::Add(Box::new(new_client(add, output)?)),
        args::Client::Set(set) => Prepared::Set(set.id, Box::new(changes(set.settings)?)),
        args::Client::Show { id } => Prepared::Show(id),
        args::Client::List => Prepared::List,
        args::Client::Remove { id } => Prepared::Remove(id),
        args::Client::RotateSecret {
            id,
            secret_stdin,
            keep_old,
        } => Prepared::RotateSecret {
            secret: secret_stdin.then(|| chosen_secret(output)).transpose()?,
            id,
            keep_old,
        },
    };
    crate::block_on(async {
        match command {
            Prepared::List | Prepared::Show(_) => {
                read(command, &data::open_to_read(&config).await?, output).await
            }
            _ => write(command, &data::open_kept(&config).await?, output).await,
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A command whose arguments were read.
enum Prepared {
    Add(Box<NewClient>),
    Set(String, Box<Changes>),
    Show(String),
    List,
    Remove(String),
    RotateSecret {
        id: String,
        secret: Option<Secret>,
        keep_old: Duration,
    },
}

async fn read(command: Prepared, stores: &Stores, output: &Output) -> Result<(), CliError> {
    match command {
        Prepared::Show(id) => {
            let found = StoredClients::find_in(stores, &id).await?;
            let found = found.ok_or_else(|| no_client(&id))?;
            let (text, json) = show::with_secrets(&found, stores.environment().now());
            output.result(&text, &json)
        }
        _ => {
            let clients = StoredClients::list_in(stores).await?;
            let clients = clients.ok_or_else(|| CliError::no_list("clients"))?;
            let json = clients.iter().map(show::to_json).collect();
            output.result(&show::lines(&clients), &json)
        }
    }
}

async fn write(command: Prepared, stores: &Stores, output: &Output) -> Result<(), CliError> {
    let clients = StoredClients::open(stores).await?;
    match command {
        Prepared::Add(new) => {
            let id = new.client.id.clone();
            let secret = clients.add(*new).await?;
            print_secret(&id, "added", secret.as_ref(), output)
        }
        Prepared::Set(id, changes) => {
            let changed = clients.update(&id, |client| changes.apply(client)).await?;
            let client = changed.ok_or_else(|| no_client(&id))?;
            let text = format!("client {id} changed\n{}", show::details(&client));
            output.result(&text, &show::to_json(&client))
        }
        Prepared::RotateSecret {
            id,
            secret,
            keep_old,
        } => {
            let generated = clients.rotate_secret(&id, secret, keep_old).await?;
            let what = if keep_old.is_zero() {
                "changed, the old secret is refused within a second by servers that run \
                 (client_cache)"
                    .to_owned()
            } else {
                format!(
                    "changed, the old secret stays valid for {} s",
                    keep_old.as_secs()
                )
            };
            print_secret(&id, &what, generated.as_ref(), output)
        }
        Prepared::Remove(id) => {
            if !clients.remove(&id).await? {
                return Err(no_client(&id));
            }
            let json = json!({ "client_id": id, "removed": true });
            let text = format!("client {id} removed, and all its tokens with it");
            output.result(&text, &json)
        }
        Prepared::Show(_) | Prepared::List => read(command, stores, output).await,
    }
}

fn changes(settings: ClientSettings) -> Result<Changes, CliError> {
    let changes = Changes::read(settings)?;
    if changes.is_empty() {
        return Err(CliError::usage(
            "nothing to change was given: name a setting; `grantor client set --help` lists them",
        ));
    }
    Ok(changes)
}

fn new_client(add: ClientAdd, output: &Output) -> Result<NewClient, CliError> {
    let headline = format!("the client {} can't be added", add.id);
    let changes = Changes::read(add.settings).map_err(|error| error.because(&headline))?;
    let mut new = if add.public {
        NewClient::public(add.id)
    } else {
        NewClient::confidential(add.id)
    };
    changes.apply(&mut new.client);
    if changes.has_keys_only() && !add.public {
        new.client.auth_method = ClientAuthMethod::PrivateKeyJwt;
    }
    if add.secret_stdin {
        new.secret = Some(chosen_secret(output)?);
    }
    match new.problems() {
        problems if problems.is_empty() => Ok(new),
        problems => Err(CliError::usage(list(&headline, &problems)).hint(
            "grantor client add --help lists the options, such as --grant and --redirect-uri",
        )),
    }
}

fn chosen_secret(output: &Output) -> Result<Secret, CliError> {
    let secret = secret_from_stdin("the client's secret")?;
    let text = secret.expose();
    if text.len() < 16 {
        output.warning("that secret is short enough to be guessed; a generated one is not");
    }
    if text.contains(['+', '%']) {
        output.warning(
            "that secret has a \"+\" or \"%\". In HTTP Basic a client must send it form-encoded (RFC \
             6749 section 2.3.1), and curl and several libraries send it as it is: they will be \
             refused. A secret of letters, digits, \"-\" and \"_\" works everywhere",
        );
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

fn no_client(id: &str) -> CliError {
    CliError::failed(format!("there is no client {id}")).hint("grantor client list shows them")
}
